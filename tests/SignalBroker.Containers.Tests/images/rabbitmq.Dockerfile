FROM signalbroker/servers
# The name is also for rabbitmqctl, and the data lie below it.
ENV HOME=/var/lib/rabbitmq \
    LANG=C.UTF-8 \
    PATH=/usr/local/bin:/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    RABBITMQ_LOGS=- \
    RABBITMQ_NODENAME=rabbit@localhost
ENTRYPOINT ["run-rabbitmq"]
EXPOSE 5672 15672 15674
