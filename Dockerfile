# The image of Hearth: the command `hearth`, which is also the operator, and the example applications.
#
# `just image` builds it. To change a base image, change its FROM; tests/cluster/images makes stand-ins by these names
# on machines that cannot pull them.

# Every target of the workspace as an empty program: what the next stage is built from changes only with manifests.
FROM docker.io/library/rust:1.95-bookworm AS manifests
WORKDIR /src
COPY . .
RUN mkdir /manifests \
    && find . -name Cargo.toml -o -name Cargo.lock -o -path './.cargo/*' -type f > /tmp/files \
    && tar -cf - -T /tmp/files | tar -xf - -C /manifests \
    && find . -path '*/src/main.rs' -o -path '*/src/lib.rs' -o -path '*/src/bin/*.rs' \
        -o -name build.rs -o -path '*/tests/*.rs' -o -path '*/benches/*.rs' > /tmp/targets \
    && while read -r target; do \
        mkdir -p "/manifests/$(dirname "$target")" && echo 'fn main() {}' > "/manifests/$target"; \
    done < /tmp/targets

FROM docker.io/library/rust:1.95-bookworm AS build
ARG CARGO_NET_OFFLINE=false
# Names of functions stay, for the backtraces of programs that panic.
ENV CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=debuginfo
WORKDIR /src
# A layer with the dependencies alone, which is built again only when a manifest changes.
COPY --from=manifests /manifests .
RUN cargo build --release --locked -p hearth-cli -p hearth-examples-image
COPY . .
# Cargo compares times: what was copied just now is newer than the empty programs.
RUN find crates examples -name '*.rs' -exec touch {} + \
    && cargo build --release --locked -p hearth-cli -p hearth-examples-image \
    && mkdir -p /image/opt/hearth \
    && cp target/release/hearth target/release/hearth-examples /image/opt/hearth/ \
    && for source in examples/src/bin/*.rs; do ln -s hearth-examples "/image/opt/hearth/$(basename "$source" .rs)"; done

FROM gcr.io/distroless/cc-debian12
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Hearth" \
    org.opencontainers.image.description="Spark applications on Kubernetes without the JVM: operator, command, examples" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12"
COPY --from=build /image/ /
# Spark's images run as this one, too. A number, as the kubelet must see that it is not root.
USER 185
ENTRYPOINT ["/opt/hearth/hearth"]
