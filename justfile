# The menu. `just` lists it; `cargo xtask` is the machine behind it.

default:
    @just --list

# Everything that must be green before a change goes in.
check:
    cargo xtask ci

# All tests.
test *ARGUMENTS:
    cargo test --workspace {{ARGUMENTS}}

# Simulated clusters with faults, each from one seed.
sim SEED="0" COUNT="1000":
    cargo run --release -p hearth-scheduler-sim -- run --seed {{SEED}} --count {{COUNT}}

# Accepts what the code does now as the expected output of scripts and goldens. Read the difference before you commit.
bless:
    UPDATE_EXPECT=1 TRYBUILD=overwrite cargo test --workspace
    just docs

# Generated documentation.
docs:
    cargo xtask docs
    cargo xtask rdd-api
    cargo xtask crds
    cargo xtask install

# The benchmark table.
bench *ARGUMENTS:
    cargo run --release -p hearth-bench -- compare {{ARGUMENTS}}

# Rust code of the internal wire.
protos:
    cargo xtask protos

# The image: with Docker, or without it as target/image.tar.
image:
    cargo xtask image

# The test cluster: up, down, load IMAGE.tar, kill NODE, revive NODE.
cluster *ARGUMENTS:
    tests/cluster/cluster {{ARGUMENTS}}

# The end-to-end tests in pods. Needs root, or KUBECONFIG and HEARTH_TEST_IMAGE.
e2e *ARGUMENTS:
    cargo build --workspace
    cargo test --workspace --test e2e -- --test-threads 32 {{ARGUMENTS}}
