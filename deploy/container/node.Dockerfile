# A RabbitMQ node with SignalBroker's configuration, which is rendered when it starts. Its context is a folder of
# scripts/publish:
#   docker build -f deploy/container/node.Dockerfile <folder>
ARG BASE=rabbitmq:4.3-management
FROM ${BASE}
USER root
RUN { command -v envsubst && command -v openssl; } >/dev/null || { \
      apt-get update && apt-get install -y --no-install-recommends gettext-base openssl && rm -rf /var/lib/apt/lists/*; }
# For the administration command: a node can drain itself before it ends.
COPY programs /opt/signalbroker/programs
COPY rabbitmq-conf /opt/signalbroker/rabbitmq-conf
COPY scripts/render-node-conf /opt/signalbroker/scripts/
COPY deploy/container/run-node /usr/local/bin/
RUN ln -s ../../../opt/signalbroker/programs/SignalBroker /usr/local/bin/ && chown -R rabbitmq: /etc/rabbitmq /var/lib/rabbitmq
# The name is that of the data as well, and stays when the container's changes.
ENV HOME=/var/lib/rabbitmq \
    DOTNET_EnableDiagnostics=0 \
    RABBITMQ_LOGS=- \
    RABBITMQ_NODENAME=rabbit@localhost
USER rabbitmq
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672 15674 15675
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s CMD ["rabbitmq-diagnostics", "--quiet", "check_running"]
ENTRYPOINT ["run-node"]
