# anomdetect - GNU make, no configure step. `make help` lists the targets.
#
#   make                          the programs, in build/
#   make CC=clang CFLAGS=-Werror  these flags follow the flags of this Makefile
#   make BUILD=/tmp/b             everything that is made goes under BUILD
#   make V=1                      shows the commands
#
# The source lists show the folders and their files. A file includes only files of its own folder and of the
# folders that come earlier in these lists.

BUILD  ?= build
PREFIX ?= /usr/local
# The program that installs missing Debian packages. With DEPS=true, nothing is installed.
DEPS   ?= tests/deps.sh

files = $(addsuffix .c,$(addprefix src/$(1)/,$(2)))
CORE := \
	$(call files,core/base,num hash buf figure hash_pool address array allow timestamp nearest address_hint) \
	$(call files,core/read,envelope truncated repair format fields unescape blocks condense scan object combined \
		forwarded request_path format_match extract header unwrap line \
		input_kind address_members strangers) \
	$(call files,core/measure,logclock clock_skew window crowd clients site site_ring histogram teachers visits \
		silences recent_lines heavy_hitters top_networks top_paths voters line_quality unnamed_proxy path_entry paths \
		first_paths slow_failures written_paths second_counts origins origin_numbers) \
	$(call files,core/judge,anomaly site_failing swarm rules path_rules mass_ban cold_proxies ban_holds ban_schedule bans unbans ban_drift ssh_peers) \
	$(call files,core/record,event lift request_text recent_events order order_history order_queue counts counts_read json_pieces memory memory_client memory_learned \
		memory_paths memory_failures memory_mass_ban memory_silences memory_unbans memory_origins memory_reasons memory_read memory_find state state_read state_advice ban_requests) \
	$(call files,core/engine,engine engine_every_second engine_verdict engine_holds engine_paths engine_failures engine_announce engine_lines engine_origins engine_clock engine_emit engine_hints engine_snapshot counting) \
	$(call files,core/show,status text_page screen screen_help screen_plot screen_hosts screen_lists screen_events \
		view_json view_prometheus view_check view_client view_html view_plot view_style ban_list)
IO := \
	$(call files,io/host,line_reader out clock signals log notify process thread accounts own_addresses terminal child privileges confine helper statefile statefile_read statefile_path file_access \
		tcp_table tcp_peers ssh_processes logind_sessions ssh_sessions ssh_lookup) \
	$(call files,io/firewall,firewall ipset ipset_text stale_rules drop_rules iptables iptables_place iptables_text \
		rule_keeper manual) \
	$(call files,io/config,options options_file options_operands options_values options_table options_place options_reload options_help option_hints option_removed option_value_hints service_file settings allowlist zone input) \
	$(call files,io/run,report statedir run_key rights memory_file saver rule_watch enforce engine_port apply_orders exemptions \
		app make_sets refusals ban_target set_actions list_bans dead_links load_state kept_reasons reload) \
	$(call files,io/check,doctor doctor_rule doctor_packet doctor_confine doctor_input doctor_lines doctor_saved_rules doctor_report explain explain_print config_check instead)
PROGRAMS := anomdetect anomban anomstat anomcount
MAN := $(wildcard man/*.[1578])
# Files of contrib/: filters, their modules, units, and configuration files for other programs.
FILTERS := anom-notify anom-audit anom-allow anom-report anom-deny
MODULES := anom_bans.py anom_denied.py anom_events.py anom_hints.py anom_message.py anom_page.py anom_say.py anom_tally.py anom_targets.py \
	anom_words.py
UNITS := $(notdir $(wildcard contrib/systemd/*.service contrib/systemd/*.socket))
CONTRIB := $(filter-out $(UNITS:%=systemd/%),$(patsubst contrib/%,%,$(wildcard contrib/*.conf contrib/*.cfg \
	contrib/Caddyfile $(patsubst %,contrib/%/*,rsyslog systemd logrotate prometheus grafana fleet))))

UNIT  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*/test_*.c))
PROP  := $(patsubst tests/prop/%.c,$(BUILD)/tests/%,$(wildcard tests/prop/test_*.c))
E2E   := $(patsubst tests/e2e/%.c,$(BUILD)/tests/%,$(wildcard tests/e2e/*.c))
FUZZ  := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ:$(BUILD)/tests/%=$(BUILD)/fuzz/%)
TESTS := $(wildcard tests/scenarios/*.t tests/e2e/*.t tests/fault/*.t tests/package/*.t tests/golden/*.t) $(UNIT) $(PROP) $(FUZZ)
# With a sanitizer, the tests that preload fault.so or let malloc fail are left out: the sanitizer must be loaded first,
# and has its own malloc.
ifdef SANITIZE
TESTS := $(filter-out tests/fault/%.t tests/e2e/reload-without-memory.t,$(TESTS))
endif
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
SITE  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bench/site/*.c)) # for make_site_lines
C_FILES := $(wildcard src/*.[ch] src/*/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Libraries. They are not required here for goals that install packages first, or that need no libraries.
NO_LIBS := demo picture check check-asan check-views fuzz lint bench bench-ban bench-fleet soak soak-kills eval install uninstall deb check-deb check-readme check-image check-arm64 clean help
ifneq ($(filter-out $(NO_LIBS),$(or $(MAKECMDGOALS),all)),)
need = $(if $(shell pkg-config --exists '$(1)' || echo missing),$(error $(1) is missing: \
	apt-get install pkg-config $(2), or run $(DEPS) build, which installs all that a build needs))
$(call need,libcjson >= 1.7.15,libcjson-dev)
$(call need,libipset >= 7.0,libipset-dev)
LIB_CFLAGS := $(shell pkg-config --cflags libcjson libipset)
LIBS := $(shell pkg-config --libs libcjson libipset) -lm -pthread
endif

# Flags. SANITIZE=1 builds with the sanitizers, which do not work together with FORTIFY.
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wformat=2 -Wvla -Wundef
FORTIFY := $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifdef SANITIZE
FORTIFY :=
HARDEN := -fPIE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDEN_LD := -pie -fsanitize=address,undefined
endif
# gcc 10 and later optimise each program as a whole (LTO), which reads lines 1.07 times as fast. clang does not, because it
# needs another linker for LTO. The objects also contain code without LTO, because the tests are linked with it.
LTO := $(if $(SANITIZE)$(findstring -O0,$(CFLAGS)),,$(shell LC_ALL=C $(CC) -v 2>&1 | grep -q '^gcc version' && \
	$(CC) -flto=auto -E -x c /dev/null >/dev/null 2>&1 && echo -flto=auto))
COMPILE = $(CC) -std=gnu11 -pthread -D_GNU_SOURCE -Isrc $(if $(filter tests/%,$<),-Itests) $(LIB_CFLAGS) $(FORTIFY) $(CPPFLAGS) \
	-O2 -g $(WARN) $(HARDEN) $(LTO:%=% -ffat-lto-objects) $(CFLAGS)
LINK = $(CC) -O2 $(HARDEN_LD) $(LTO) $(CFLAGS) $(LDFLAGS)

quiet = $(if $(V),,@echo '  $(1) $@';)

# One job per processor, unless -j was given.
JOBS = $(if $(findstring --jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

## all: build the programs (the default)
all: $(PROGRAMS:%=$(BUILD)/%)

$(PROGRAMS:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/src/%.o $(BUILD)/libio.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	$(call quiet,LINK)$(LINK) -o $@ $^ $(LIBS)

## lib: build libcore.a from all of src/core, which has no I/O and no clock
lib: $(BUILD)/libcore.a

$(BUILD)/libcore.a: $(CORE:%.c=$(BUILD)/%.o)
$(BUILD)/libio.a: $(IO:%.c=$(BUILD)/%.o)
$(BUILD)/libcore.a $(BUILD)/libio.a: Makefile
	@rm -f $@
	$(call quiet,AR  )$(AR) rcs $@ $(filter %.o,$^)

# All objects are compiled again if the compiler or a flag has changed.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) / $(LINK)' | cmp -s - $@ || echo '$(COMPILE) / $(LINK)' >$@
FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC  )$(COMPILE) -MMD -MP -c -o $@ $<

test-programs: $(UNIT) $(PROP) $(E2E) $(FUZZ) $(BUILD)/tests/fault.so \
	$(BUILD)/bench/bench_memory $(BUILD)/bench/make_site_lines

# tests/fault preloads this library: it makes the n-th call of a function fail.
$(BUILD)/tests/fault.so: tests/fault/fault.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) -std=gnu11 -O1 -fPIC -shared $(WARN) -o $@ $<

bench-programs: $(BENCH)
fuzz-programs: $(FUZZERS)

$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o
$(PROP): $(BUILD)/tests/%: $(BUILD)/tests/prop/%.o
$(E2E): $(BUILD)/tests/%: $(BUILD)/tests/e2e/%.o
$(FUZZ): $(BUILD)/tests/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o
$(BENCH): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
$(BUILD)/bench/make_site_lines: $(SITE)
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o
$(UNIT) $(PROP): LIBS += -lcmocka
$(FUZZERS): LIBS += -fsanitize=fuzzer
$(UNIT) $(PROP) $(E2E) $(FUZZ) $(BENCH) $(FUZZERS): $(BUILD)/libio.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	$(call quiet,LINK)$(LINK) -fno-lto -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

## demo: make a log with an attack in it, replay it, show the bans and the dashboard
demo:
	@$(DEPS) build demo
	@+$(MAKE) $(JOBS) all
	@BUILD='$(BUILD)' tests/demo.sh

## check: install what the tests need, build, run every test (TESTS=tests/e2e/anomban.t: only these)
# With sanitizers, a test fails at their first error; leaks are errors, too.
check:
	@echo 'check: installs packages, builds the programs, then runs unit, model, golden, scenario and end-to-end tests; uses sudo unless you are root'
	@$(DEPS) build check
	@+$(MAKE) $(JOBS) all test-programs
	@BUILD='$(abspath $(BUILD))' CMOCKA_MESSAGE_OUTPUT=TAP \
		ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 tests/check.sh $(TESTS)

## check-asan: run every test with the address, leak and undefined-behaviour sanitizers
check-asan:
	@+$(MAKE) check BUILD='$(BUILD)/asan' SANITIZE=1

## check-arm64: cross-compile all programs and tests without a warning, and run the quick unit tests of src/core with qemu
# On arm64, char is unsigned. qemu-user does not support netlink and many system calls of src/io, so tests of src/io are
# left out.
ARM64 := $(BUILD)/arm64
ARM64_TESTS := $(patsubst tests/unit/%.c,$(ARM64)/tests/%,$(wildcard $(patsubst %,tests/unit/%.c,base/test_* judge/test_* \
	record/test_event* record/test_order record/test_counts* read/test_line read/test_line_cases read/test_line_values read/test_extract)))
check-arm64:
	@$(DEPS) build check arm64
	@+PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig $(MAKE) $(JOBS) BUILD='$(ARM64)' CC=aarch64-linux-gnu-gcc \
		AR=aarch64-linux-gnu-ar CFLAGS='-Werror -O1' all test-programs
	@CMOCKA_MESSAGE_OUTPUT=TAP prove -j$(shell nproc) --exec 'tests/tap.sh qemu-aarch64-static' $(ARM64_TESTS)

## fuzz: run each target of tests/fuzz for FUZZ_SECONDS (200), with clang's libFuzzer; FUZZ_TARGETS="memory state": only these
fuzz:
	@$(DEPS) build fuzz
	@+$(MAKE) $(JOBS) BUILD='$(BUILD)/fuzz' CC=clang SANITIZE=1 CFLAGS=-fsanitize=fuzzer-no-link fuzz-programs
	@BUILD='$(BUILD)/fuzz' tests/fuzz/run.sh

## check-views: test the HTML page in a browser and the metrics with promtool; downloads some 140 MB of packages
check-views:
	@$(DEPS) build check views
	@+$(MAKE) $(JOBS) all
	@BUILD='$(abspath $(BUILD))' prove tests/views/*.t

## lint: check for warnings of gcc, clang, cppcheck, mandoc and groff, the format of the C source (clang-format), and
##       the sizes of lines and files
lint:
	@$(DEPS) build check lint
	+$(MAKE) $(JOBS) BUILD='$(BUILD)/gcc' CC=gcc CFLAGS=-Werror all test-programs bench-programs
	+$(MAKE) $(JOBS) BUILD='$(BUILD)/clang' CC=clang CFLAGS=-Werror all test-programs bench-programs
	cppcheck -j$(shell nproc) --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -D__GNUC__ -D_GNU_SOURCE -Isrc -Itests src tests
	clang-format --dry-run -Werror $(C_FILES)
	tests/lint.py
	mandoc -Tlint -W warning $(MAN)
	! groff -mdoc -rLL=100n -Tutf8 -wmac -z $(MAN) 2>&1 | grep -v "can't break line"

## picture: make man/anomstat.svg again, from a real run of 35 minutes; as root
picture:
	@$(DEPS) build check
	@+$(MAKE) $(JOBS) all
	@BUILD='$(abspath $(BUILD))' tests/picture/run.py

## bench: measure lines per second, memory and stalls, and compare with other programs that read the same file, such as
##        jq; the last table has the lines of make_lines, of bench/site and of real logs (BENCH_LINES=2000000;
##        BENCH_ONLY=table: only this table, in some minutes; BENCH_LOGS=../shared/eval: the folder of real logs)
bench:
	@$(DEPS) build bench
	@+$(MAKE) $(JOBS) all bench-programs
	@BUILD='$(BUILD)' tests/bench/run.sh

## soak: run with 20,000 lines per second for 30 minutes, with --ban if you are root; prints a row per minute, and whether
##       the run passed (SOAK_SECONDS=1800)
soak:
	@$(DEPS) build soak
	@+$(MAKE) $(JOBS) all
	@BUILD='$(abspath $(BUILD))' tests/soak/run.py

## soak-kills: kill the detector with SIGKILL and start it again, 200 times, while lines arrive (KILLS=200); as root
soak-kills:
	@$(DEPS) build check
	@+$(MAKE) $(JOBS) all
	@BUILD='$(abspath $(BUILD))' KILLS='$(or $(KILLS),200)' tests/soak/kills.sh

## eval: score the detector on attacks injected into real logs, if the folder ../shared/eval exists; takes some minutes
EVAL := ../shared/eval/score.py
eval:
	@test -x $(EVAL) || { echo 'eval: $(EVAL) does not exist, so nothing can be scored' >&2; exit 1; }
	@+$(MAKE) $(JOBS) all
	@PYTHONDONTWRITEBYTECODE=1 $(EVAL) --cmd '$(BUILD)/anomdetect --replay --state none --events ban'

## bench-ban: measure the time from a request to the first refused connection, and the bans per second, and compare with
##            fail2ban; as root
bench-ban:
	@$(DEPS) build bench-ban
	@+$(MAKE) $(JOBS) all bench-programs
	@BUILD='$(BUILD)' tests/bench/ban.py

## bench-fleet: measure the time from a line of counts at the root to the bans in the kernels of three edges, through a
##              real broker; as root
bench-fleet:
	@$(DEPS) build check bench-fleet
	@+$(MAKE) $(JOBS) all
	@BUILD='$(abspath $(BUILD))' tests/bench/fleet.sh

include contrib/install.mk

## clean: remove all that was built
clean:
	rm -rf '$(BUILD)'

## help: print this list
help:
	@sed -n 's/^## //p' $(filter %Makefile %.mk,$(MAKEFILE_LIST))

.PHONY: all lib test-programs bench-programs demo picture check check-asan check-arm64 check-views fuzz fuzz-programs lint bench bench-ban bench-fleet soak soak-kills eval \
	clean help FORCE
.SECONDARY:

-include $(wildcard $(addprefix $(BUILD)/,src/*.d src/*/*/*.d tests/*/*.d tests/*/*/*.d))
