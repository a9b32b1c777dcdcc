# syntax=docker/dockerfile:1

# balance as a container image: the compiled program on a base with the C library and nothing else, not even a shell.
#
#   docker build -t balance .
#   docker run --rm -p 8080:8080 balance 8080 host1 host2
#   docker exec CONTAINER balance -c show
#
# It writes only to /tmp, where its control socket is:
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges …
#
# `docker stop` sends SIGTERM: the port is closed at once, and connections have --drain-timeout to end (default 10 s, as
# long as `docker stop` waits; to wait longer, give `docker stop -t` as well).

# Compiled on the builder's own processor for the image's: nothing runs in emulation.
FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS build
ARG TARGETARCH
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY .dvmrc deno.json deno.lock ./
COPY .github/tools/compile.ts .github/tools/compile.ts
COPY cli.ts ./
COPY src src
RUN case "$TARGETARCH" in \
    amd64) target=x86_64-unknown-linux-gnu ;; \
    arm64) target=aarch64-unknown-linux-gnu ;; \
    *) echo "there is no balance for $TARGETARCH" >&2; exit 1 ;; \
  esac \
  && npx -y "deno@$(cat .dvmrc)" run -A .github/tools/compile.ts --target "$target" \
  && install -D -m 755 dist/balance-*-"$target" /out/usr/bin/balance

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/ /
# User and group by number, so that Kubernetes can see that it is not root.
USER 65532:65532
# The port is an argument; this only documents the one in the examples, and opens nothing.
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["balance", "-f"]
CMD ["--help"]
