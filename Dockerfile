# One image for `follow migrate`, `follow worker` and `follow web`; docker-compose.yml runs all three.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/followthrough
ENV PATH=/opt/followthrough/bin:$PATH

WORKDIR /source
# The locked dependencies first: this layer stays while only our own code changes.
COPY requirements/production.txt requirements/
RUN pip install --require-hashes -r requirements/production.txt
COPY pyproject.toml README.md LICENSE ./
COPY runtime runtime/
COPY api api/
COPY workflows workflows/
COPY activities activities/
COPY adapters adapters/
COPY cadences cadences/
COPY leads leads/
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim

RUN useradd --uid 10001 --home-dir /app --create-home --shell /usr/sbin/nologin follow
COPY --from=build /opt/followthrough /opt/followthrough
ENV PATH=/opt/followthrough/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
USER follow
EXPOSE 8000
ENTRYPOINT ["follow"]
CMD ["--help"]
