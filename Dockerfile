# The connector in an image without shell or package manager, run by a user that is not root. How to run it:
# docs/self-hosted.md. Beside the two images below, the build fetches crates from crates.io and nothing else.
#
# Both images exist for amd64 and arm64. `docker build .` makes an image for the machine it runs on, which is the fast way;
# `docker buildx build --platform linux/amd64,linux/arm64 .` makes both, one of them under emulation.
#
# A tag can be moved; release builds may want `@sha256:…` behind it. The C library of the second image must not be older
# than that of the first: both are of Debian 12.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package baton-rocketchat \
 && cargo run --quiet --locked --package xtask -- licenses > THIRD-PARTY-LICENSES.txt

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="baton-rocketchat" \
      org.opencontainers.image.description="Baton connector for Rocket.Chat" \
      org.opencontainers.image.source="https://github.com/conductorone/baton-rocketchat" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/target/release/baton-rocketchat /src/LICENSE /src/NOTICE /src/THIRD-PARTY-LICENSES.txt /
# Authorities are those of the image, in /etc/ssl/certs.
USER 65532:65532
# Working files are the only ones that a service writes. As a volume, they need no writable root.
ENV TMPDIR=/tmp
VOLUME ["/tmp"]
# Only a service answers: turn the check off for a single sync, with `--no-healthcheck`.
ENV BATON_HEALTH_CHECK=true
HEALTHCHECK --interval=30s --timeout=10s --start-period=10m --retries=3 \
    CMD ["/baton-rocketchat", "health-check", "--endpoint=live"]
ENTRYPOINT ["/baton-rocketchat"]
