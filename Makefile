# Hearth. `make help` lists the targets. The only build file; relative paths only, so that a checkout may lie anywhere.
#
# Sources are found by wildcard: a new service is a folder services/<name> with a main.c, a new test is a file. Which
# contracts a program links is read from its #include <hearth/...pb-c.h> lines; objects learn their headers by -MD.
# Packages are asked for late (pkg-config runs when the first object is compiled), after `deps` has installed them.

BUILD ?= build
MODE ?= release
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

CC := gcc
AR := ar
CLANG := clang
GEN := $(BUILD)/gen
OUT := $(BUILD)/$(MODE)
BIN := $(if $(filter release,$(MODE)),$(BUILD)/bin,$(OUT)/bin)
LIB := $(OUT)/lib
OBJ := $(OUT)/obj
TEST := $(OUT)/tests
LISTS := $(OUT)/remembered

# ---- what there is ---------------------------------------------------------------------------------------------------

SERVICES := $(patsubst services/%/main.c,%,$(filter-out services/cli/% services/runtime/%,$(wildcard services/*/main.c)))
SCHEMAS := $(sort $(patsubst services/%/schema/,%,$(filter-out services/runtime/%,$(wildcard services/*/schema/))))
PROTOS := $(shell find proto -name '*.proto' | LC_ALL=C sort)
# descriptor.proto is what protoc writes and reflection reads; no contract names it.
GOOGLE := google/protobuf/descriptor $(shell cat /dev/null $(PROTOS) | sed -n 's,^import "\(google/.*\)\.proto";.*,\1,p' | LC_ALL=C sort -u)
STEMS := $(GOOGLE) $(patsubst proto/%.proto,%,$(PROTOS))
HEADERS := $(STEMS:%=$(GEN)/%.pb-c.h)

TEST_KINDS := unit contract integration journey fault
KINDS ?= $(TEST_KINDS)
TESTS := $(foreach kind,$(TEST_KINDS),$(wildcard tests/$(kind)/test_*.c))
FUZZERS := $(filter tests/fuzz/fuzz_%.c,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(wildcard tests/bench/bench_*.c)
DEMO := $(wildcard tests/journey/demo.c tests/journey/demo/*.c)
SUPPORT := $(filter-out %_main.c,$(wildcard tests/support/*.c))

# Facts read from the sources: "file=contract" (what it includes), "contract=contract" (what it imports) and
# "test=source" (its comment line `/* links: services/finance/accrual.c */`).
SOURCES := $(wildcard services/*/*.c services/*/*.h include/hearth/*.h tests/*/*.c tests/*/*.h tests/journey/demo/*.c)
USES := $(shell awk '/^\#include [<"]hearth\/.*\.pb-c\.h[>"]/ \
	{ gsub(/^\#include [<"]|\.pb-c\.h[>"].*/, ""); print FILENAME "=" $$0 }' /dev/null $(SOURCES))
IMPORTS := $(shell awk '/^import "/ { split($$0, part, "\""); file = FILENAME; sub(/^proto\//, "", file); \
	sub(/\.proto$$/, "", file); sub(/\.proto$$/, "", part[2]); print file "=" part[2] }' /dev/null $(PROTOS))
LINKS := $(shell awk '/^\/\* links: .*\*\// { for (i = 3; i < NF; i++) print FILENAME "=" $$i }' /dev/null \
	$(wildcard tests/*/*.c))

look-up = $(foreach key,$(2),$(patsubst $(key)=%,%,$(filter $(key)=%,$(1))))
imports-of = $(sort $(1) $(call look-up,$(IMPORTS),$(1)))
contracts-of = $(call imports-of,$(call imports-of,$(call imports-of,$(call look-up,$(USES),$(1)))))
object = $(patsubst %.c,$(OBJ)/%.o,$(1))
contract-objects = $(patsubst %,$(OBJ)/gen/%.pb-c.o,$(1))

# ---- flags -----------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wundef -Werror
FLAGS_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
# gcc's flow warnings see ghosts in what the sanitizers add.
GHOSTS := -Wno-format-truncation -Wno-maybe-uninitialized -Wno-stringop-truncation -Wno-stringop-overflow
FLAGS_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer
ifeq ($(filter release asan tsan,$(MODE)),)
$(error MODE is release, asan or tsan, not "$(MODE)")
endif

# Asked once, when first needed: nothing is installed yet while this file is read on a fresh machine.
once = $(eval $(1) := $(2))$($(1))
PACKAGES := libzmq libprotobuf-c libpq libmicrohttpd jansson libsodium libcares sqlite3 zlib
PACKAGE_CFLAGS = $(call once,PACKAGE_CFLAGS,$(shell pkg-config --cflags $(PACKAGES)))
PACKAGE_LIBS = $(call once,PACKAGE_LIBS,$(shell pkg-config --libs $(PACKAGES)) -lcsv -lm)
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell pkg-config --libs check))

INCLUDES := -Iinclude -isystem $(GEN)
BASE := -std=c17 -D_GNU_SOURCE -g -DHEARTH_VERSION='"$(VERSION)"' $(FLAGS_$(MODE)) $(CFLAGS)
COMPILE = $(CC) $(BASE) $(WARNINGS) $(if $(filter release,$(MODE)),,$(GHOSTS)) $(INCLUDES) $(PACKAGE_CFLAGS) -MD -MP -c -o $@ $<
COMPILE_GENERATED = $(CC) $(BASE) -fPIC -w $(INCLUDES) $(PACKAGE_CFLAGS) -MD -MP -c -o $@ $<
LINK = $(CC) $(FLAGS_$(MODE)) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) -o $@ $(filter %.o %.a,$^)
SAY := @printf '  %-8s %s\n'

# A list kept on disk, rewritten only when it changes, so that a removed source relinks what held it. Each file sets a
# variable and is included below: make 4.3's $(file <...) now and then returns something else than the file holds.
remembered = $(if $(filter undefined,$(origin was_$(1))),,$(if $(subst x$(strip $(2)),,x$(was_$(1))),,yes))
remember = $(if $(call remembered,$(1),$(2)),,$(file >$(LISTS)/$(1),was_$(1) := $(strip $(2))))

QUIET_GOALS := help clean deps container lint format release-contracts
BUILDING := $(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all))
ifneq ($(BUILDING),)
$(shell mkdir -p $(LISTS))
-include $(wildcard $(LISTS)/*)
endif

# ---- targets ---------------------------------------------------------------------------------------------------------

.PHONY: all demo check run bench lint format asan fuzz golden release-contracts fault install container deps clean help tests

PROGRAMS := $(SERVICES:%=$(BIN)/hearth-%) $(if $(wildcard services/cli/main.c),$(BIN)/hearth)
TEST_PROGRAMS := $(TESTS:tests/%.c=$(TEST)/%)
REPLAYS := $(FUZZERS:tests/%.c=$(TEST)/%)
PRIVATE_PG := $(if $(wildcard tests/support/pg_main.c),$(BIN)/hearth-private-pg)
DEMO_PROGRAM := $(if $(DEMO),$(BIN)/hearth-demo)
BENCH_PROGRAMS := $(BENCHES:tests/bench/%.c=$(BIN)/%)
CHECKED := $(foreach kind,$(KINDS),$(filter $(TEST)/$(kind)/%,$(TEST_PROGRAMS)) $(wildcard tests/$(kind)/test_*.sh)) $(if $(KINDS:$(TEST_KINDS)=),,$(REPLAYS))

all: $(PROGRAMS) $(if $(wildcard services/runtime/*.c),$(LIB)/libhearth.a $(LIB)/libhearth.so)  ## build everything (default)

tests: $(TEST_PROGRAMS) $(REPLAYS)  ## build the test programs, run none

demo: all $(DEMO_PROGRAM) $(PRIVATE_PG)  ## install what is missing, build, show one child's journey (DIR=your returns)
	@HEARTH_BIN=$(BIN) $(DEMO_PROGRAM) $(if $(DIR),"$(DIR)")

check: all $(CHECKED) $(PRIVATE_PG) $(DEMO_PROGRAM) $(BENCH_PROGRAMS)  ## install what is missing, build, run every test (KINDS=unit: some)
	@HEARTH_BIN=$(BIN) HEARTH_LOG=$(OUT)/check.log MODE=$(MODE) BUILD=$(BUILD) tests/support/run_tests.sh $(CHECKED)

run: all $(PRIVATE_PG)  ## stay up until Ctrl-C; the state is kept in .run/state
	@HEARTH_BIN=$(BIN) HEARTH_RUN="$(SERVICES)" tests/run.sh

bench: all $(BENCH_PROGRAMS) $(PRIVATE_PG)  ## measure; writes build/bench.tsv
	@HEARTH_BIN=$(BIN) HEARTH_BUILD=$(BUILD) tests/bench/run.sh

lint:  ## lengths, banned functions, SQL rules, layers (FORMAT=1: and where clang-format differs)
	@tests/lint.sh $(if $(FORMAT),--format)

format:  ## shape FILES with clang-format; tables aligned by hand are better left out
	@clang-format -i $(or $(FILES),$(error say which: make format FILES="a.c b.c"))

asan:  ## every test under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory MODE=asan check

fuzz: $(FUZZERS:tests/fuzz/%.c=$(OUT)/fuzz/%)  ## libFuzzer on each target (SECONDS_EACH=60)
	@for target in $^; do name=$${target##*/}; mkdir -p "$(OUT)/fuzz/$$name.corpus" "tests/fuzz/corpus/$${name#fuzz_}"; \
	  echo "== $$name"; "$$target" -max_total_time=$(or $(SECONDS_EACH),60) -print_final_stats=1 \
	  "$(OUT)/fuzz/$$name.corpus" "tests/fuzz/corpus/$${name#fuzz_}" || exit 1; done

golden: $(TEST)/contract/test_golden  ## write the golden bytes and JSON of new messages; read the difference before you commit it
	@UPDATE=1 $<

release-contracts:  ## keep the contracts of this version, which later ones must understand
	@rm -rf tests/contract/released/$(VERSION)
	@for file in $(PROTOS:proto/%=%); do mkdir -p "tests/contract/released/$(VERSION)/$${file%/*}"; \
	  sed 's,[[:space:]]*//.*,,; /^[[:space:]]*$$/d' "proto/$$file" > "tests/contract/released/$(VERSION)/$$file"; done

fault: all $(filter $(TEST)/fault/%,$(TEST_PROGRAMS)) $(PRIVATE_PG)  ## kill and cut while journeys run (JOURNEYS=N)
	@HEARTH_BIN=$(BIN) HEARTH_LOG=$(OUT)/fault.log MODE=$(MODE) JOURNEYS=$(or $(JOURNEYS),2000) TEST_LIMIT=86400 \
	  tests/support/run_tests.sh $(filter $(TEST)/fault/%,$(TEST_PROGRAMS)); \
	  code=$$?; grep -aE '^(fault|new history|dns|ipc): ' $(OUT)/fault.log; exit $$code

deps:  ## install the packages that are missing (Debian; sudo for apt alone)
	@tests/support/deps.sh install

container:  ## by hand: a clean clone in a debootstrap chroot, as root and as a sudo user
	@tests/container.sh

clean:  ## remove what was built; .run/state stays
	rm -rf $(BUILD)

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name line; do \
	  printf 'make %-18s %s\n' "$$name" "$$line"; done

# Everything that runs a compiler comes after this. A goal that is promised to set up a fresh machine installs; others say what is missing.
INSTALLING := $(filter demo check run bench asan fuzz golden fault,$(MAKECMDGOALS))
$(BUILD)/deps.stamp:
	@mkdir -p $(@D)
	@tests/support/deps.sh $(if $(INSTALLING),install,ask)
	@touch $@

# ---- contracts -------------------------------------------------------------------------------------------------------

define contract
$(GEN)/$(1).pb-c.c $(GEN)/$(1).pb-c.h &: $(filter proto/$(1).proto,$(PROTOS)) | $(BUILD)/deps.stamp
	$$(SAY) PROTO $(1).proto
	@mkdir -p $$(@D)
	@protoc-c -Iproto -I/usr/include --c_out=$(GEN) $(1).proto
$(OBJ)/gen/$(1).pb-c.o: $(GEN)/$(1).pb-c.c | $(HEADERS)
	@mkdir -p $$(@D)
	@$$(COMPILE_GENERATED)
# Both files: the one that is not named here would count as finished while the other is being made.
$(GEN)/$(1).pb-c.c $(GEN)/$(1).pb-c.h: $(patsubst %,proto/%.proto,$(filter hearth/%,$(call look-up,$(IMPORTS),$(1))))
endef
$(foreach stem,$(STEMS),$(eval $(call contract,$(stem))))

# ---- embedded SQL ----------------------------------------------------------------------------------------------------

# $(1) service, $(2) sql or schema
define embedded
$(call remember,$(1)_$(2),$(wildcard services/$(1)/$(2)/*.sql))
$(GEN)/embed/$(1)_$(2).c: services/runtime/embed.awk $(wildcard services/$(1)/$(2)/*.sql) $(LISTS)/$(1)_$(2) | $(BUILD)/deps.stamp
	$$(SAY) EMBED services/$(1)/$(2)
	@mkdir -p $$(@D)
	@awk -v table=$(1)_$(2) -f services/runtime/embed.awk /dev/null $(sort $(wildcard services/$(1)/$(2)/*.sql)) > $$@
$(OBJ)/embed/$(1)_$(2).o: $(GEN)/embed/$(1)_$(2).c | $(HEADERS)
	@mkdir -p $$(@D)
	@$$(COMPILE_GENERATED)
endef

# Proportions of made-up returns, in the command line.
$(GEN)/embed/cli_synth.c: services/runtime/embed.awk services/cli/synth/proportions.csv | $(BUILD)/deps.stamp
	$(SAY) EMBED services/cli/synth
	@mkdir -p $(@D)
	@awk -v table=cli_synth -f services/runtime/embed.awk services/cli/synth/proportions.csv > $@
$(OBJ)/embed/cli_synth.o: $(GEN)/embed/cli_synth.c | $(HEADERS)
	@mkdir -p $(@D)
	@$(COMPILE_GENERATED)

# ---- embedded contracts ----------------------------------------------------------------------------------------------

# A service's own contracts and those that every service serves, with what they import and their comments: reflection.
EVERYWHERE := hearth/control/v1/control hearth/events/v1/events hearth/audit/v1/audit
contracts-served = $(filter hearth/$(1)/v1/%,$(STEMS)) $(EVERYWHERE)
# $(1) service
define embedded-contracts
$(call remember,$(1)_contracts,$(call contracts-served,$(1)))
$(GEN)/embed/$(1)_contracts.pb: $(patsubst %,proto/%.proto,$(filter hearth/%,$(call imports-of,$(call imports-of,$(call contracts-served,$(1)))))) \
		$(LISTS)/$(1)_contracts | $(BUILD)/deps.stamp
	@mkdir -p $$(@D)
	@protoc -Iproto -I/usr/include --include_imports --include_source_info --descriptor_set_out=$$@ \
	  $(patsubst %,%.proto,$(call contracts-served,$(1)))
$(GEN)/embed/$(1)_contracts.c: $(GEN)/embed/$(1)_contracts.pb
	$$(SAY) EMBED "proto/hearth/$(1)"
	@{ printf '#include <hearth/service.h>\nstatic const uint8_t bytes[] = {\n'; \
	  od -An -v -tu1 $$< | sed 's/  */,/g; s/^,//; s/$$$$/,/'; \
	  printf '};\nconst struct hearth_contracts %s_contracts = { bytes, sizeof bytes };\n' $(1); } > $$@
$(OBJ)/embed/$(1)_contracts.o: $(GEN)/embed/$(1)_contracts.c | $(HEADERS)
	@mkdir -p $$(@D)
	@$$(COMPILE_GENERATED)
endef

# All messages of the contracts, for the test of their bytes: from the headers, so that none is left out.
$(GEN)/embed/every_message.c: $(HEADERS)
	$(SAY) EMBED "every message"
	@mkdir -p $(@D)
	@{ echo '#include <protobuf-c/protobuf-c.h>'; \
	  sed -n 's/^extern const ProtobufCMessageDescriptor hearth__/&/p' $(filter $(GEN)/hearth/%,$(HEADERS)) | LC_ALL=C sort; \
	  echo 'extern const ProtobufCMessageDescriptor *const every_message[];'; \
	  echo 'const ProtobufCMessageDescriptor *const every_message[] = {'; \
	  sed -n 's/^extern const ProtobufCMessageDescriptor \(hearth__.*\);/  \&\1,/p' $(filter $(GEN)/hearth/%,$(HEADERS)) | \
	  LC_ALL=C sort; echo '  NULL };'; } > $@
$(OBJ)/embed/every_message.o: $(GEN)/embed/every_message.c | $(HEADERS)
	@mkdir -p $(@D)
	@$(COMPILE_GENERATED)
every-message = $(OBJ)/embed/every_message.o $(call contract-objects,$(filter-out $(RUNTIME_CONTRACTS),$(filter hearth/%,$(STEMS))))

# ---- objects ---------------------------------------------------------------------------------------------------------

$(OBJ)/services/runtime/%.o: services/runtime/%.c | $(HEADERS)
	$(SAY) CC $<
	@mkdir -p $(@D)
	@$(COMPILE) -fPIC

$(OBJ)/%.o: %.c | $(HEADERS)
	$(SAY) CC $<
	@mkdir -p $(@D)
	@$(COMPILE) -fPIE

# ---- libhearth -------------------------------------------------------------------------------------------------------

EMBEDDED := $(sort runtime $(SERVICES) $(SCHEMAS))
ifneq ($(BUILDING),)
$(foreach service,$(EMBEDDED),$(foreach part,sql schema,$(eval $(call embedded,$(service),$(part)))))
$(foreach service,$(SERVICES) bench,$(eval $(call embedded-contracts,$(service))))
endif

RUNTIME_CONTRACTS := $(GOOGLE) $(filter hearth/v1/% hearth/rpc/% hearth/events/% hearth/control/% hearth/audit/%,$(STEMS))
RUNTIME_OBJECTS := $(call object,$(wildcard services/runtime/*.c)) $(call contract-objects,$(RUNTIME_CONTRACTS)) \
	$(OBJ)/embed/runtime_sql.o $(OBJ)/embed/runtime_schema.o

ifneq ($(BUILDING),)
$(call remember,libhearth,$(RUNTIME_OBJECTS))
endif
$(LIB)/libhearth.a: $(RUNTIME_OBJECTS) $(LISTS)/libhearth
	$(SAY) AR $@
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(LIB)/libhearth.so: $(RUNTIME_OBJECTS) $(LISTS)/libhearth
	$(SAY) LINK $@
	@mkdir -p $(@D)
	@$(CC) $(FLAGS_$(MODE)) -shared -Wl,-soname,libhearth.so.0 -Wl,-z,relro,-z,now -Wl,--as-needed -o $@ \
	  $(filter %.o,$^) $(PACKAGE_LIBS)

# What tests share; a program takes of it what it uses.
$(LIB)/libsupport.a: $(call object,$(SUPPORT))
	$(SAY) AR $@
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) rcs $@ $^

# ---- programs --------------------------------------------------------------------------------------------------------

list-of = $(subst /,_,$(patsubst $(OUT)/%,%,$(patsubst $(BUILD)/%,%,$(1))))
# $(1) program, $(2) sources, $(3) further objects, $(4) further libraries: linked with the contracts that the sources use
define program
$(call remember,$(call list-of,$(1)),$(2) $(3))
$(1): $(call object,$(2)) $(3) $(call contract-objects,$(filter-out $(RUNTIME_CONTRACTS),$(call contracts-of,$(call with-headers,$(2))))) \
	$(if $(filter tests/%,$(2)),$(LIB)/libsupport.a) $(LIB)/libhearth.a $(LISTS)/$(call list-of,$(1))
	$$(SAY) LINK $$@
	@mkdir -p $$(@D)
	@$$(LINK) $(4) $$(PACKAGE_LIBS)
endef

folder = $(wildcard services/$(1)/*.c)
with-headers = $(1) $(wildcard $(addsuffix *.h,$(sort $(dir $(1)))))
links-of = $(call look-up,$(LINKS),$(1))

# A test links its own file, the helpers of its folder (files not called test_*), what it names, and of tests/support
# what it uses.
helpers = $(filter-out tests/$(1)/test_% tests/contract/outside_client.c tests/$(1)/demo% tests/$(1)/fuzz_% tests/$(1)/bench_% tests/fuzz/replay.c,$(wildcard tests/$(1)/*.c))
kind-of = $(word 2,$(subst /, ,$(1)))
test-sources = $(1) $(call helpers,$(call kind-of,$(1))) $(call links-of,$(1) $(call helpers,$(call kind-of,$(1))))

ifneq ($(BUILDING),)
$(foreach service,$(SERVICES),$(eval $(call program,$(BIN)/hearth-$(service),$(call folder,$(service)),\
	$(patsubst %,$(OBJ)/embed/$(service)_%.o,sql schema contracts))))
$(eval $(call program,$(BIN)/hearth,$(call folder,cli),\
	$(SCHEMAS:%=$(OBJ)/embed/%_schema.o) $(OBJ)/embed/cli_synth.o $(call contract-objects,$(filter-out $(RUNTIME_CONTRACTS),$(STEMS)))))
$(foreach test,$(TESTS),$(eval $(call program,$(test:tests/%.c=$(TEST)/%),$(call test-sources,$(test)),\
	$(if $(filter %/test_golden.c %/test_wrong_types.c,$(test)),$(every-message)),$$(CHECK_LIBS))))
$(foreach fuzz,$(FUZZERS),$(eval $(call program,$(fuzz:tests/%.c=$(TEST)/%),$(fuzz) tests/fuzz/replay.c $(call links-of,$(fuzz)))))
$(foreach bench,$(BENCHES),$(eval $(call program,$(bench:tests/bench/%.c=$(BIN)/%),$(call test-sources,$(bench)),\
	$(if $(filter %_server.c,$(bench)),$(OBJ)/embed/bench_contracts.o))))
$(eval $(call program,$(BIN)/hearth-demo,$(DEMO) $(call helpers,journey)))
endif

# Needs nothing of Hearth, so that a script can have a database before the rest is built.
$(BIN)/hearth-private-pg: $(call object,$(addprefix tests/support/,pg_main.c private_pg.c pg_place.c pg_url.c))
	$(SAY) LINK $@
	@mkdir -p $(@D)
	@$(LINK) $(shell pkg-config --libs libpq)

# Sources that it links, and contracts that these include and the runtime has not.
fuzz-parts = $(call links-of,$(1)) \
	$(patsubst %,$(GEN)/%.pb-c.c,$(filter-out $(RUNTIME_CONTRACTS),$(call contracts-of,$(1) $(call links-of,$(1)))))
$(foreach fuzz,$(FUZZERS),$(eval $(fuzz:tests/fuzz/%.c=$(OUT)/fuzz/%): $(call fuzz-parts,$(fuzz))))
# libFuzzer needs clang; the target's own sources are compiled again with it.
FUZZ_FLAGS := -std=c17 -D_GNU_SOURCE -g -O1 -w -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
$(OUT)/fuzz/%: tests/fuzz/%.c $(wildcard services/runtime/*.c) $(OBJ)/embed/runtime_sql.o $(OBJ)/embed/runtime_schema.o | $(HEADERS)
	$(SAY) FUZZ $@
	@mkdir -p $(@D)
	@$(CLANG) $(FUZZ_FLAGS) $(INCLUDES) $(PACKAGE_CFLAGS) -o $@ $(filter %.c,$^) \
	  $(RUNTIME_CONTRACTS:%=$(GEN)/%.pb-c.c) $(filter %.o,$^) $(PACKAGE_LIBS)

# ---- install ---------------------------------------------------------------------------------------------------------

ROOT = $(DESTDIR)$(PREFIX)
install: all  ## libhearth, headers, contracts, hearth.pc, programs and completion to DESTDIR/PREFIX
	@install -d "$(ROOT)/bin" "$(ROOT)/lib/pkgconfig" "$(ROOT)/include/hearth" "$(ROOT)/share/hearth/proto"
	@install -m 755 $(PROGRAMS) "$(ROOT)/bin"
	@install -m 644 $(LIB)/libhearth.a "$(ROOT)/lib"
	@install -m 755 $(LIB)/libhearth.so "$(ROOT)/lib/libhearth.so.0"
	@ln -sf libhearth.so.0 "$(ROOT)/lib/libhearth.so"
	@install -m 644 include/hearth/*.h "$(ROOT)/include/hearth"
	@install -d "$(ROOT)/share/bash-completion/completions" "$(ROOT)/share/zsh/site-functions"
	@$(BIN)/hearth completion bash > "$(ROOT)/share/bash-completion/completions/hearth"
	@$(BIN)/hearth completion zsh > "$(ROOT)/share/zsh/site-functions/_hearth"
	@for stem in $(STEMS); do install -D -m 644 "$(GEN)/$$stem.pb-c.h" "$(ROOT)/include/$$stem.pb-c.h"; done
	@for file in $(PROTOS:proto/%=%); do install -D -m 644 "proto/$$file" "$(ROOT)/share/hearth/proto/$$file"; done
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' 'protodir=$${prefix}/share/hearth/proto' '' \
	  'Name: hearth' 'Description: Runtime for small services over ZeroMQ and PostgreSQL' 'Version: $(VERSION)' \
	  'Requires: libprotobuf-c jansson' 'Requires.private: libzmq libpq libmicrohttpd libsodium libcares sqlite3 zlib' \
	  'Libs: -L$${libdir} -lhearth' 'Libs.private: -lcsv' 'Cflags: -I$${includedir}' > "$(ROOT)/lib/pkgconfig/hearth.pc"

# ---- what the compiler learnt --------------------------------------------------------------------------------------------

ifneq ($(BUILDING),)
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
endif
