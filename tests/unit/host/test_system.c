/* test_system.c - the small modules that query the system: clock, network, process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/host/clock.h"
#include "io/host/own_addresses.h"
#include "io/host/process.h"

static void wall_clock_is_the_system_clock(void **state)
{
	int64_t before = (int64_t)time(NULL);
	struct instant now = clock_now();
	int64_t after = (int64_t)time(NULL);

	(void)state;
	/* time() may lag by one tick of the kernel */
	assert_in_range(instant_second(now), before - 1, after + 1);
}

static void monotonic_clock_advances_with_time(void **state)
{
	struct timespec pause = {0, 30000000};
	struct span before = clock_monotonic();

	(void)state;
	nanosleep(&pause, NULL);
	assert_in_range(clock_monotonic().ms - before.ms, 29, 10000);
}

#define OWN_MAX 1024

struct found {
	size_t n;
	struct address own[OWN_MAX];
};

static void note(void *ctx, const struct address *own)
{
	struct found *f = ctx;

	assert_true(f->n < OWN_MAX);
	f->own[f->n++] = *own;
}

static bool is_found(const struct found *f, const struct address *a)
{
	for (size_t i = 0; i < f->n; i++) {
		if (address_equal(&f->own[i], a))
			return true;
	}
	return false;
}

/* Compares with the kernel's own list: one line per address, with 32 hex digits first. */
static void all_ipv6_addresses_of_the_host_are_listed(void **state)
{
	static struct found f;
	char line[256];
	size_t n = 0, given = 0;
	FILE *list = fopen("/proc/net/if_inet6", "r");

	(void)state;
	f.n = 0;
	assert_true(own_addresses_list(note, &f));
	for (size_t i = 0; i < f.n; i++)
		given += !address_is_v4(&f.own[i]);
	while (list && fgets(line, sizeof line, list)) {
		struct address a = {.prefix_len = 128};
		for (int i = 0; i < 16; i++) {
			char hex[3] = {line[2 * i], line[2 * i + 1], '\0'};
			a.bytes[i] = (uint8_t)strtoul(hex, NULL, 16);
		}
		assert_true(is_found(&f, &a));
		n++;
	}
	if (list)
		fclose(list);
	assert_int_equal(given, n);
	if (n == 0)
		print_message("# this host has no IPv6 address, so none is compared\n");
}

static void addresses_of_the_host_have_full_prefixes(void **state)
{
	static struct found f;
	struct address loopback;

	(void)state;
	f.n = 0;
	assert_true(own_addresses_list(note, &f));
	if (f.n == 0) {
		print_message("# no network interface of this host is up\n");
		skip();
	}
	assert_true(address_parse("127.0.0.1", 9, &loopback));
	assert_true(is_found(&f, &loopback));
	for (size_t i = 0; i < f.n; i++)
		assert_int_equal(f.own[i].prefix_len, address_is_v4(&f.own[i]) ? 32 : 128);
}

static void memory_grows_by_the_touched_bytes(void **state)
{
	size_t bytes = 64 << 20;
	uint64_t before = process_memory_bytes();
	volatile char *block = malloc(bytes);

	(void)state;
	assert_non_null(block);
	assert_true(before > 100000);
	for (size_t i = 0; i < bytes; i += 4096)
		block[i] = 1;
	uint64_t after = process_memory_bytes();
	/* The kernel adds some pages late to its sum per process. */
	assert_in_range(after - before, bytes - (4 << 20), bytes + (32 << 20));
	free((void *)(uintptr_t)block);
}

static void cpu_seconds_grow_with_use(void **state)
{
	double before = process_cpu_seconds();
	clock_t start = clock();

	(void)state;
	while (clock() - start < CLOCKS_PER_SEC / 20)
		;
	double used = process_cpu_seconds() - before;
	assert_true(used > 0.03 && used < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_clock_is_the_system_clock),
		cmocka_unit_test(monotonic_clock_advances_with_time),
		cmocka_unit_test(all_ipv6_addresses_of_the_host_are_listed),
		cmocka_unit_test(addresses_of_the_host_have_full_prefixes),
		cmocka_unit_test(memory_grows_by_the_touched_bytes),
		cmocka_unit_test(cpu_seconds_grow_with_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
