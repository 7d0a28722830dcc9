# R, Python, Jupyter and rkeras_port in one image.
#
#   docker build -t rkeras .
#   docker run --rm -it -p 8888:8888 -v "$PWD:/home/rkeras/project" rkeras
#   docker run --rm -v "$PWD:/home/rkeras/project" rkeras rkeras run analysis.R
#
# The stage "dev", which .devcontainer uses, also has the browser of the tests.
FROM python:3.11-bookworm AS base
WORKDIR /opt/rkeras_port
COPY tools/apt-packages.txt tools/install_apt.sh tools/
RUN sh tools/install_apt.sh r && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 1000 --create-home --shell /bin/bash rkeras \
  && mkdir -p /opt/venv /home/rkeras/project \
  && chown rkeras /opt/rkeras_port /opt/venv /home/rkeras/project
COPY --chown=rkeras . .
USER 1000
ENV VENV=/opt/venv PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1
RUN make setup && python -m pip install -c requirements.lock "jupyterlab>=4.4,<5"
WORKDIR /home/rkeras/project
EXPOSE 8888

FROM base AS dev
USER 0
RUN sh /opt/rkeras_port/tools/install_apt.sh browser && rm -rf /var/lib/apt/lists/*
USER 1000

FROM base AS final
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
