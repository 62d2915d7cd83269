# SPDX-License-Identifier: Apache-2.0
# A thin front of CMakePresets.json. `make help` lists the commands.
PRESET ?= dev
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
SHELL  := /bin/bash

.PHONY: help deps configure build demo test bench lint fuzz install format clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##|^[a-z]+:  *##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

deps:            ## install the Debian 12 packages and build libopenvswitch once
	@tools/deps.sh

configure: deps
	@cmake --preset $(PRESET) > build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }; rm -f build-configure.log

build: configure ## build everything (PRESET=dev|release|asan|tsan|fuzz)
	@cmake --build --preset $(PRESET) -j $(JOBS)

demo: build      ## the whole path once: lab, policy, capture, witness, verdict (KEEP=1 leaves the lab up, TOPOLOGY=FILE)
	@tools/demo.sh build/$(PRESET)/bin

test: build      ## every test: unit tests, source checks, lab tests on real Open vSwitch
	@tools/test.sh $(PRESET)

bench:           ## measure against peers; writes build/bench/results.json
	@$(MAKE) --no-print-directory build PRESET=release && tools/bench.sh build/release/bin

lint: build      ## clang-format, clang-tidy, layers, sizes
	@tools/lint.sh build/$(PRESET)

fuzz:            ## every fuzz target for SECONDS_EACH seconds (default 30)
	@$(MAKE) --no-print-directory build PRESET=fuzz && tools/fuzz.sh build/fuzz/bin

install:         ## install release binaries, man page and completion below DESTDIR/PREFIX (default /usr/local)
	@$(MAKE) --no-print-directory configure PRESET=release && cmake --build --preset release -j $(JOBS) --target programs
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

format:          ## rewrite the sources with clang-format
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

clean:           ## remove the build folder
	@rm -rf build
