#!/bin/bash
# deps.sh: the packages that only `make bench` needs.
exec env HEARTH_PACKAGES="libgrpc++-dev protobuf-compiler protobuf-compiler-grpc valgrind openssl" \
	"$(dirname "$0")/../support/deps.sh" install
