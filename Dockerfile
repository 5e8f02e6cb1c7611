# syntax=docker/dockerfile:1

# One image for every service; the command chooses which. Each step stands alone, so
# that deploy/build_without_docker.py can do the same in a scratch folder.

FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /app
RUN python3 -m venv /opt/venv
COPY requirements/service.lock requirements/service.lock
# Wheels only, of exactly these hashes: nothing is compiled or run while installing.
# pip is for building; what runs needs none.
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
    --only-binary=:all: --require-hashes --requirement requirements/service.lock \
    && /opt/venv/bin/pip uninstall --yes --quiet pip setuptools
COPY deploy/image/cairn /opt/venv/bin/cairn
COPY cli cli
COPY services services
COPY shared shared
# The file system is read-only later, so what would be compiled then is compiled now.
RUN /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib /app

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Cairn" \
      org.opencontainers.image.description="Keeps goals true, live" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
USER 10001:10001
EXPOSE 8080 8081 8082
STOPSIGNAL SIGTERM
ENTRYPOINT ["cairn"]
CMD ["--help"]
