/* test_memory_mass_ban.c - two parts of the memory file: the verdicts of the last 10 minutes, from
 * which a mass ban is detected (mass_ban.h), and the word that marks a ban as temporary. */
#include "core/record/memory_mass_ban.h"

#include "unit/given_memory.h"

#define NOW ((int64_t)1700000000)

#define SHARE 0.05 /* a mass ban affects more than this share of all known clients */

/* Asks for a verdict on client i; IPv4 and IPv6 in turn. */
static bool ask(struct mass_ban *m, uint32_t i, int64_t second, bool known)
{
	struct address a = given_client(i);
	struct mass_ban_case c = {.client = &a,
		.second = second,
		.came = second - 60 * (int64_t)i,
		.known = known,
		.known_n = 1,
		.fresh = !known,
		.excess = 1};

	return mass_ban_holds(m, SHARE, &c);
}

/* Returns the file with `value` as its member "mass_ban", or without this member if `value` is
 * NULL. */
static struct text with_mass_ban(const struct text *t, const char *value)
{
	const char *at = strstr(t->s, ",\n\"mass_ban\":"), *end = at ? strchr(at, '}') : NULL;
	struct text out = {malloc(t->len + 20000), 0};

	assert_true(at && end && out.s);
	out.len = (size_t)sprintf(out.s, "%.*s%s%s%s", (int)(at - t->s), t->s,
		value ? ",\n\"mass_ban\":" : "", value ? value : "", end + 1);
	return out;
}

static void check_read(const char *value, bool readable)
{
	struct memory_parts a = parts_full(80, 20, 3), b = parts_new(10);
	struct text good = written(&a), t = with_mass_ban(&good, value), before = written(&b);

	(void)ask(b.mass_ban, 1, NOW, false);
	struct mass_ban was = *b.mass_ban;
	if (read_exactly(t.s, t.len, &b) != readable)
		fail_msg("%s: %.300s", readable ? "refused" : "not refused", value);
	if (!readable) { /* and no part of the file is used */
		assert_memory_equal(b.mass_ban, &was, sizeof was);
		assert_int_equal(bans_n(b.bans), 0);
		mass_ban_clear(b.mass_ban);
		struct text after = written(&b);
		check_same_text(&after, &before);
		free(after.s);
	}
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
	free(before.s);
}

/* Checks that a and b contain the same verdicts, oldest first. Their places in the ring may differ.
 */
static void check_same_fresh(const struct mass_ban *a, const struct mass_ban *b)
{
	uint32_t i = a->next, k = b->next;

	for (uint32_t n = 0; n < MASS_BAN_FRESH_MAX; n++, i++) {
		const struct mass_ban_fresh *f = &a->fresh[i % MASS_BAN_FRESH_MAX];
		if (!f->second)
			continue;
		for (uint32_t m = 0; m < MASS_BAN_FRESH_MAX; m++)
			if (b->fresh[k % MASS_BAN_FRESH_MAX].second)
				break;
			else
				k++;
		const struct mass_ban_fresh *g = &b->fresh[k++ % MASS_BAN_FRESH_MAX];
		assert_true(address_equal(&f->client, &g->client));
		assert_int_equal(f->second, g->second);
		assert_int_equal(f->came, g->came);
	}
}

static void verdicts_outlive_a_restart(void **state)
{
	static const uint32_t numbers[] = {
		0, 1, 3, MASS_BAN_FRESH_MAX - 1, MASS_BAN_FRESH_MAX, MASS_BAN_FRESH_MAX + 50};

	(void)state;
	for (int k = 0; k < 6; k++) {
		struct memory_parts a = parts_new(1), b = parts_new(1);
		for (uint32_t i = 0; i < numbers[k]; i++) {
			(void)ask(a.mass_ban, i, NOW + i, false);
			(void)ask(a.mass_ban, i, NOW + i, true);
		}
		(void)ask(b.mass_ban, 7, NOW, false); /* the file replaces this verdict */
		struct text t = written(&a);
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(b.mass_ban->step, a.mass_ban->step);
		assert_memory_equal(b.mass_ban->known, a.mass_ban->known, sizeof a.mass_ban->known);
		check_same_fresh(a.mass_ban, b.mass_ban);
		struct text again = written(&b);
		check_same_text(&again, &t);
		/* from now on, the read verdicts have the same effect as the written ones */
		for (uint32_t i = 0; i < 400; i++) {
			int64_t second = NOW + numbers[k] + 2 * i;
			assert_int_equal(ask(b.mass_ban, 100 + i, second, i % 3),
				ask(a.mass_ban, 100 + i, second, i % 3));
		}
		parts_free(&a);
		parts_free(&b);
		free(t.s);
		free(again.s);
	}
}

/* Three clients that are not known are banned. The fourth one is held back, even if the program is
 * restarted before its verdict. */
static void restart_before_the_fourth_client_does_not_prevent_its_hold(void **state)
{
	(void)state;
	struct memory_parts a = parts_new(1), b = parts_new(1);
	for (uint32_t i = 0; i < 3; i++)
		assert_false(ask(a.mass_ban, i, NOW, false));
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	assert_true(ask(b.mass_ban, 3, NOW + 1, false));
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

/* The memory file is written in chunks. The longest list of verdicts must fit into one chunk. */
static void full_ring_fits_a_chunk(void **state)
{
	struct memory_parts a = parts_new(1);
	char chunk[16384];
	struct buf b;

	(void)state;
	for (uint32_t i = 0; i < MASS_BAN_FRESH_MAX; i++) {
		struct mass_ban_fresh *f = &a.mass_ban->fresh[i];
		f->client = given_address("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
		f->second = f->came = INSTANT_MAX.ms / 1000;
	}
	for (int k = 0; k < MASS_BAN_STEPS; k++)
		a.mass_ban->known[k] = UINT32_MAX;
	a.mass_ban->step = INSTANT_MAX.ms / 10000;
	buf_init(&b, chunk, sizeof chunk);
	memory_put_mass_ban(&b, a.mass_ban);
	assert_false(b.full);
	struct memory_parts c = parts_new(1);
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &c));
	assert_memory_equal(a.mass_ban, c.mass_ban, sizeof *a.mass_ban);
	parts_free(&a);
	parts_free(&c);
	free(t.s);
}

static void file_of_an_older_program_is_read_without_verdicts(void **state)
{
	struct memory_parts a = parts_full(81, 20, 3), b = parts_new(10);
	struct mass_ban empty = {0};

	(void)state;
	(void)ask(a.mass_ban, 1, NOW, false);
	(void)ask(b.mass_ban, 2, NOW, false);
	struct text good = written(&a), t = with_mass_ban(&good, NULL);
	assert_null(strstr(t.s, "mass_ban"));
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(bans_n(b.bans), 3);
	assert_memory_equal(b.mass_ban, &empty, sizeof empty);
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
}

#define ZEROS_59                                                                                   \
	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"                             \
	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"
#define WITH_KNOWN(known) "{\"step\":7,\"told\":0,\"known\":[" known "],\"fresh\":[]}"
#define WITH_FRESH(fresh) "{\"step\":7,\"told\":0,\"known\":[" ZEROS_59 ",0],\"fresh\":[" fresh "]}"
#define WITH_STEP(step)   "{\"step\":" step ",\"told\":0,\"known\":[" ZEROS_59 ",0],\"fresh\":[]}"

static void values_within_their_bounds_are_read(void **state)
{
	static const char *const values[] = {
		WITH_FRESH(""),
		WITH_KNOWN(ZEROS_59 ",4294967295"),
		WITH_STEP("0"),
		WITH_STEP("253402300799"),
		WITH_FRESH("\"198.51.100.7 1 0\""),
		WITH_FRESH("\"2001:db8::/64 253402300799 253402300799\",\"198.51.100.7 1 1\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		check_read(values[i], true);
}

static void damaged_file_is_refused_whole(void **state)
{
	static const char *const values[] = {
		"null",
		"1",
		"\"\"",
		"[]",
		"{}",
		"true",
		"{\"step\":7,\"told\":0,\"known\":[" ZEROS_59 ",0]}",
		"{\"step\":7,\"told\":0,\"fresh\":[]}",
		"{\"known\":[" ZEROS_59 ",0],\"fresh\":[]}",
		"{\"step\":7,\"told\":0,\"known\":7,\"fresh\":[]}",
		"{\"step\":7,\"told\":0,\"known\":[" ZEROS_59 ",0],\"fresh\":7}",
		"{\"step\":7,\"told\":0,\"known\":[" ZEROS_59 ",0],\"fresh\":null}",
		WITH_STEP("-1"),
		WITH_STEP("1.5"),
		WITH_STEP("\"1\""),
		WITH_STEP("1e300"),
		WITH_STEP("253402300800"),
		WITH_KNOWN(""),
		WITH_KNOWN(ZEROS_59),
		WITH_KNOWN(ZEROS_59 ",0,0"),
		WITH_KNOWN(ZEROS_59 ",4294967296"),
		WITH_KNOWN(ZEROS_59 ",-1"),
		WITH_KNOWN(ZEROS_59 ",0.5"),
		WITH_KNOWN(ZEROS_59 ",\"0\""),
		WITH_KNOWN(ZEROS_59 ",null"),
		WITH_FRESH("7"),
		WITH_FRESH("null"),
		WITH_FRESH("[]"),
		WITH_FRESH("\"\""),
		WITH_FRESH("\"198.51.100.7\""),
		WITH_FRESH("\"198.51.100.7 1\""),
		WITH_FRESH("\"198.51.100.7 1 1 1\""),
		WITH_FRESH("\" 198.51.100.7 1 1\""),
		WITH_FRESH("\"198.51.100.7  1 1\""),
		WITH_FRESH("\"198.51.100.7 0 1\""), /* the time of a verdict is never 0 */
		WITH_FRESH("\"198.51.100.7 -1 1\""),
		WITH_FRESH("\"198.51.100.7 1 -1\""),
		WITH_FRESH("\"198.51.100.7 1.0 1\""),
		WITH_FRESH("\"198.51.100.7 253402300800 1\""),
		WITH_FRESH("\"198.51.100.7 1 253402300800\""),
		WITH_FRESH("\"198.51.100.256 1 1\""),
		WITH_FRESH("\"2001:db8::/129 1 1\""),
		WITH_FRESH("\"example.org 1 1\""),
		WITH_FRESH("\"198.51.100.7 1 1\",7"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		check_read(values[i], false);
}

static void more_verdicts_than_the_ring_can_store_are_refused(void **state)
{
	char value[16384];

	(void)state;
	for (int n = MASS_BAN_FRESH_MAX; n <= MASS_BAN_FRESH_MAX + 1; n++) {
		int len = sprintf(
			value, "{\"step\":7,\"told\":0,\"known\":[" ZEROS_59 ",0],\"fresh\":[");
		for (int i = 0; i < n; i++)
			len += sprintf(value + len, "%s\"198.51.100.%d 1 1\"", i ? "," : "", i);
		sprintf(value + len, "]}");
		check_read(value, n == MASS_BAN_FRESH_MAX);
	}
}

/* Reads a memory file with `clients` as its list of clients. */
static bool read_clients(const char *clients, struct memory_parts *b)
{
	struct memory_parts a = parts_full(82, 20, 0);
	struct text good = written(&a);
	const char *list = strstr(good.s, "\"clients\":[");
	char *text = malloc(good.len + 1000);

	assert_true(list && text);
	list += strlen("\"clients\":[");
	int len = sprintf(
		text, "%.*s%s%s", (int)(list - good.s), good.s, clients, list + strcspn(list, "]"));
	bool ok = read_exactly(text, (size_t)len, b);
	parts_free(&a);
	free(good.s);
	free(text);
	return ok;
}

static void word_of_a_temporary_ban_is_written_and_read(void **state)
{
	static const enum ban_form forms[] = {BAN_ACTIVE, BAN_OVER, BAN_MUTED};

	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		struct memory_parts a = parts_new(1), b = parts_new(1);
		bool temporary = i / 6;
		struct ban ban = {.client = given_client(i),
			.form = forms[i % 3],
			.strikes = 4,
			.since = now,
			.until = {now.ms + 7200000},
			.rules = 1,
			.temporary = temporary};
		assert_true(bans_restore(a.bans, &ban));
		struct text t = written(&a);
		assert_int_equal(strstr(t.s, " 1 temporary\"") != NULL, temporary);
		ban.temporary = !temporary;
		assert_true(read_exactly(t.s, t.len, &b));
		assert_true(bans_find(b.bans, &ban.client, &ban));
		assert_int_equal(ban.temporary, temporary);
		assert_int_equal(ban.rules, 1);
		struct text again = written(&b);
		check_same_text(&again, &t);
		parts_free(&a);
		parts_free(&b);
		free(t.s);
		free(again.s);
	}
}

static void unknown_last_word_is_refused(void **state)
{
	static const char *const words[] = {" 1", " Temporary", " temporar", " temporaryx",
		"  temporary", " temporary ", " temporary temporary", "temporary", " permanent",
		"\ttemporary"};
	char clients[128];

	(void)state;
	for (int f = 0; f < 2; f++) {
		const char *client = f ? "2001:db8::/64" : "198.51.100.7";
		struct memory_parts b = parts_new(10);
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			snprintf(clients, sizeof clients, "\"%s active 4 0 9 1%s\"", client,
				words[i]);
			if (read_clients(clients, &b))
				fail_msg("not refused: %s", clients);
			assert_int_equal(bans_n(b.bans), 0);
		}
		snprintf(clients, sizeof clients, "\"%s active 4 0 9 1 temporary\"", client);
		assert_true(read_clients(clients, &b));
		assert_int_equal(bans_n(b.bans), 1);
		parts_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_outlive_a_restart),
		cmocka_unit_test(restart_before_the_fourth_client_does_not_prevent_its_hold),
		cmocka_unit_test(full_ring_fits_a_chunk),
		cmocka_unit_test(file_of_an_older_program_is_read_without_verdicts),
		cmocka_unit_test(values_within_their_bounds_are_read),
		cmocka_unit_test(damaged_file_is_refused_whole),
		cmocka_unit_test(more_verdicts_than_the_ring_can_store_are_refused),
		cmocka_unit_test(word_of_a_temporary_ban_is_written_and_read),
		cmocka_unit_test(unknown_last_word_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
