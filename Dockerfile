# The page and the MCP server, from the one wheel in dist: make dist && docker build -t sextant .
#   docker run --rm -p 127.0.0.1:8642:8642 -v sextant:/data -e SEXTANT_TOKEN=… sextant serve --host 0.0.0.0
FROM python:3.12-slim

COPY dist/sextant_geo-*-py3-none-any.whl requirements-dev.lock /tmp/
RUN set -- /tmp/sextant_geo-*.whl \
    && pip install --no-cache-dir --constraint /tmp/requirements-dev.lock "$1[onnx,web,mcp,anthropic,google,mistral]" \
    && rm /tmp/*.whl /tmp/requirements-dev.lock \
    && useradd --uid 10001 --create-home sextant \
    && mkdir /data && chown sextant /data

# Runs, galleries and sessions; nothing else is written.
ENV SEXTANT_HOME=/data PYTHONUNBUFFERED=1
VOLUME /data
USER 10001
WORKDIR /data
EXPOSE 8642
ENTRYPOINT ["sextant"]
CMD ["--help"]
