FROM signalbroker/servers
ENV LANG=C.UTF-8 \
    PATH=/usr/local/bin:/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["run-postgres"]
# Ends without waiting for clients.
STOPSIGNAL SIGINT
EXPOSE 5432
