/* test_memory_refused.c - a damaged or hostile file is refused as a whole, and no part of it is
 * used. */
#include "unit/given_memory.h"

/* Checks that the file is refused and that no part of it is used. */
static void check_refused(const char *s, size_t len, const struct memory_parts *fresh)
{
	struct text before = written(fresh), after;

	if (read_exactly(s, len, fresh))
		fail_msg("not refused: %.200s", s);
	after = written(fresh);
	check_same_text(&after, &before);
	free(before.s);
	free(after.s);
}

/* Returns a copy of the text. `value` replaces the part between the n-th `key`, counted from 0, and
 * the next byte of `ends`. */
static struct text replaced(
	const struct text *t, const char *key, int n, const char *ends, const char *value)
{
	const char *at = t->s;
	struct text out;

	for (int i = 0; i <= n; i++) {
		at = strstr(i ? at : t->s, key);
		assert_non_null(at);
		at += strlen(key);
	}
	size_t head = (size_t)(at - t->s), cut = strcspn(at, ends);
	out.len = head + strlen(value) + t->len - head - cut;
	out.s = malloc(out.len + 1);
	assert_non_null(out.s);
	memcpy(out.s, t->s, head);
	memcpy(out.s + head, value, strlen(value));
	memcpy(out.s + head + strlen(value), at + cut, t->len - head - cut);
	out.s[out.len] = '\0';
	return out;
}

static const char *const hostile[] = {"NaN", "nan", "Infinity", "inf", "-inf", "1e400", "-1e400",
	"1e20", "-1", "-0.5", "\"1\"", "\"\"", "null", "true", "[]", "{}", "[1]", "", "0x10", "1,1",
	"99999999999999999999999999999999"};

/* Each place contains a number; `whole`: the number must not have a fraction. */
static void every_hostile_number_is_refused(void **state)
{
	static const struct {
		const char *key;
		int n;
		const char *ends;
		bool whole;
	} places[] = {
		{"\"version\":", 0, ",", true},
		{"\"age\":", 0, ",", true},
		{"\"today_hour\":", 0, ",", true},
		{"\"today\":[", 0, ",", false},
		{"\"learned\":[", 0, ",", true},
		{"\"all\":[", 0, ",", true},
		{"\"learned\":", 1, ",", true}, /* in an element of hours */
		{"\"sums\":[", 0, ",", false},
		{"\"sums\":[", 23, ",", false},
		{"\"anchored\":", 0, ",", true},
		{"\"anchor\":[", 0, ",", false},
		{"\"requests\":[", 0, ",", true}, /* a bucket and its weight */
		{"\"visit_errors\":[0,", 0, ",]", false},
		{"\"turned\":", 0, ",", true},
		{"\"generations\":[[", 0, ",", true},
	};
	struct memory_parts a = parts_full(53, 100, 10), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		for (size_t k = 0; k < sizeof hostile / sizeof *hostile + 1; k++) {
			const char *value = "1.5";
			if (k < sizeof hostile / sizeof *hostile)
				value = hostile[k];
			else if (!places[i].whole)
				continue;
			/* 1e20 is too high even for a sum of squares or a histogram's weight */
			struct text bad =
				replaced(&good, places[i].key, places[i].n, places[i].ends, value);
			check_refused(bad.s, bad.len, &fresh);
			free(bad.s);
		}
	}
	assert_true(read_exactly(good.s, good.len, &fresh));
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void every_missing_member_is_refused(void **state)
{
	static const char *const names[] = {"version", "age", "today_hour", "today", "learned",
		"all", "hours", "sums", "visits", "known", "anchored", "anchor", "requests",
		"errors", "visit_requests", "visit_errors", "heavy", "turned", "generations",
		"clients"};
	struct memory_parts a = parts_full(54, 100, 10), fresh = parts_new(10);
	struct text good = written(&a);
	char key[32];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(key, sizeof key, "\"%s\":", names[i]);
		char *at = strstr(good.s, key);
		assert_non_null(at); /* otherwise the list of names is wrong */
		at[1] ^= 0x20;       /* a name in another case is a different name */
		check_refused(good.s, good.len, &fresh);
		at[1] ^= 0x20;
	}
	assert_true(read_exactly(good.s, good.len, &fresh));
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void lists_that_no_run_writes_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *value;
	} lists[] = {
		{"\"today\":[", "1,2,3,4"},
		{"\"today\":[", "1,2,3,4,5,6"},
		{"\"today\":[", "172801,0,0,0,0"}, /* more than two days */
		{"\"learned\":[", "1,2,3"},
		{"\"all\":[", "1"},
		{"\"all\":[", "10000001,0"},
		{"\"anchor\":[", "1,2,3"},
		{"\"anchor\":[", "1,2,3,4,5,6,7,8,9"},
		{"\"requests\":[", "1"},
		{"\"requests\":[", "258,1"},
		{"\"generations\":[", ""},
		{"\"generations\":[[", "1,\"192.0.2.1\""},
		{"\"generations\":[[", "1,2,3"},
		{"\"generations\":[[", "1,\"192.0.2.x\",3"},
		/* the same client twice */
		{"\"generations\":[[", "2,\"192.0.2.1\",1,\"::ffff:192.0.2.1\",1"},
		{"\"generations\":[[", "3,\"2001:db8::/64\",1,\"192.0.2.1\",1,\"2001:DB8::/64\",1"},
	};
	struct memory_parts a = parts_full(55, 100, 10), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct text bad = replaced(&good, lists[i].key, 0, "]", lists[i].value);
		check_refused(bad.s, bad.len, &fresh);
		free(bad.s);
	}
	/* one hour too few, and one too many */
	struct text bad = replaced(&good, "\"hours\":[", 0, "{", "");
	char *hour = strstr(bad.s, "\"hours\":[") + 9, *next = strstr(hour, ",{\"learned\"");
	size_t gone = (size_t)(next + 1 - hour);
	memmove(hour, next + 1, bad.len - (size_t)(next + 1 - bad.s) + 1);
	check_refused(bad.s, bad.len - gone, &fresh);
	free(bad.s);
	bad = replaced(&good, "\"hours\":[", 0, "{", "{\"learned\":1,\"sums\":[1,1,1,1,1]},");
	check_refused(bad.s, bad.len, &fresh);
	free(bad.s);
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void every_hostile_client_is_refused(void **state)
{
	static const char *const clients[] = {
		"1",
		"null",
		"{}",
		"\"\"",
		"\" \"",
		"\"198.51.100.7\"",
		"\"198.51.100.7 active 1 0 0\"",
		"\"198.51.100.7 active 1 0 0 0 0\"",
		"\"198.51.100.7 active 1 0 0 0x\"",
		"\"198.51.100.7  active 1 0 0 0\"",
		"\" 198.51.100.7 active 1 0 0 0\"",
		"\"198.51.100.7 Active 1 0 0 0\"",
		"\"198.51.100.7 activ 1 0 0 0\"",
		"\"198.51.100.7 active -1 0 0 0\"",
		"\"198.51.100.7 active 1.0 0 0 0\"",
		"\"198.51.100.7 active 1e1 0 0 0\"",
		"\"198.51.100.7 active 4294967296 0 0 0\"",
		"\"198.51.100.7 active 1 -1 0 0\"",
		"\"198.51.100.7 active 1 253402300800000 0 0\"",
		"\"198.51.100.7 active 1 0 253402300800000 0\"",
		"\"198.51.100.7 active 1 0 18446744073709551616 0\"",
		"\"198.51.100.7 active 1 0 nan 0\"",
		"\"198.51.100.7 active 1 0 0 65536\"",
		"\"198.51.100.256 active 1 0 0 0\"",
		"\"198.51.100.7/33 active 1 0 0 0\"",
		"\"2001:db8::/129 active 1 0 0 0\"",
		"\"2001:db8::g active 1 0 0 0\"",
		"\"example.org active 1 0 0 0\"",
	};
	struct memory_parts a = parts_full(56, 100, 0), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		struct text bad = replaced(&good, "\"clients\":[", 0, "]", clients[i]);
		check_refused(bad.s, bad.len, &fresh);
		free(bad.s);
	}
	struct text v6 = replaced(&good, "\"clients\":[", 0, "]",
		"\"2001:db8::/64 active 4294967295 0 253402300799999 65535\"");
	assert_true(read_exactly(v6.s, v6.len, &fresh));
	assert_int_equal(bans_active(fresh.bans), 1);
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
	free(v6.s);
}

/* Elements of path_list, as in anomdetect(5): hash, kind, flags, second, two bitmaps, networks. */
static const char *const hostile_paths[] = {
	"1",
	"null",
	"\"\"",
	"\"7\"",
	"\"7 0 0 0 0\"",
	"\"7 0 0 0 0 \"",
	"\" 7 0 0 0 0 0\"",
	"\"7  0 0 0 0 0\"",
	"\"-7 0 0 0 0 0\"",
	"\"7.0 0 0 0 0 0\"",
	"\"18446744073709551616 0 0 0 0 0\"",
	"\"7 5 0 0 0 0\"",
	"\"7 0 8 0 0 0\"",
	"\"7 0 4 0 0 0\"",          /* dead, but not aged */
	"\"7 0 0 1 0 0\"",          /* served, but without an honest network */
	"\"7 4 0 4294967296 0 0\"", /* the second is too high */
	"\"7 0 0 0 18446744073709551616 0\"",
	"\"7 0 0 0 18446744073709551615 0\"", /* a bitmap has fewer than 64 bits set */
	"\"7 0 0 0 281474976710655 0\"",      /* the 48th bit would have cleared the bitmap */
	"\"7 0 0 0 1 2\"",                    /* honest, but not failed */
	"\"7 0 0 0 0 0 1\"",                  /* one network too many for the kind */
	"\"7 1 0 0 0 0 1\"",
	"\"7 2 0 0 0 0\"",
	"\"7 2 0 0 0 0 1 2\"",
	"\"7 2 0 0 0 0 0\"",
	"\"7 2 0 0 0 0 32768\"", /* served, but without a network */
	"\"7 2 0 0 0 0 65536\"",
	"\"7 2 0 1 0 0 1\"",
	"\"7 3 0 0 0 0 1\"",
	"\"7 3 0 0 0 0 1 1\"", /* the same network twice */
	"\"7 3 0 0 0 0 1 32769\"",
	"\"7 3 0 0 0 0 1 2 3 4\"",
	"\"7 4 0 0 0 0 1\"",
	"\"7 4 0 0 0 0 1 2\"",
	"\"7 4 0 0 0 0 1 2 3 4\"",
	"\"7 4 0 0 0 0 x\"",
};
static const char *const possible_paths[] = {"\"18446744073709551615 0 3 0 0 0\"",
	"\"7 1 7 0 140737488355327 0\"", "\"7 2 1 4294967295 7 7 65535\"", "\"7 3 0 0 3 1 1 2\"",
	"\"7 3 0 1 0 0 1 2 32771\"", "\"7 4 0 0 0 0 1 2 3\"", "\"7 4 0 1700000000 0 0\""};

static void every_hostile_path_is_refused(void **state)
{
	struct memory_parts a = parts_full(56, 100, 0), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	for (size_t i = 0; i < sizeof hostile_paths / sizeof *hostile_paths; i++) {
		struct text bad = replaced(&good, "\"path_list\":[", 0, "]", hostile_paths[i]);
		check_refused(bad.s, bad.len, &fresh);
		free(bad.s);
	}
	for (size_t i = 0; i < sizeof possible_paths / sizeof *possible_paths; i++) {
		struct memory_parts b = parts_new(10);
		struct text t = replaced(&good, "\"path_list\":[", 0, "]", possible_paths[i]);
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(paths_n(b.paths), 1);
		free(t.s);
		parts_free(&b);
	}
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

/* A file contains the member paths with the key, and the member path_list. A file of an older
 * program contains neither of these members. */
static void paths_without_their_key_or_list_are_refused(void **state)
{
	static const char *const keys[] = {"", "0,0,0", "0,0,0,1,0", "0,0,0,-1", "0,0,0,4294967296",
		"0,0,0,\"1\"", "0,0,0,0.5", "null"};
	struct memory_parts a = parts_full(54, 100, 10), fresh = parts_new(10);
	struct text good = written(&a);
	char *key = strstr(good.s, "\"paths\":{\"key\""), *list = strstr(good.s, "\"path_list\"");

	(void)state;
	assert_true(key && list);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct text bad = replaced(&good, "\"paths\":{\"key\":[", 0, "]", keys[i]);
		check_refused(bad.s, bad.len, &fresh);
		free(bad.s);
	}
	for (int i = 0; i < 3; i++) {
		char *name = i == 0 ? key + 1 : i == 1 ? key + 10 : list + 1;
		*name ^= 0x20;
		check_refused(good.s, good.len, &fresh);
		*name ^= 0x20;
	}
	assert_true(read_exactly(good.s, good.len, &fresh));
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void other_versions_are_refused(void **state)
{
	static const char *const versions[] = {"0", "2", "1.5", "10", "\"1\""};
	struct memory_parts a = parts_full(57, 10, 3), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		struct text bad = replaced(&good, "\"version\":", 0, ",", versions[i]);
		check_refused(bad.s, bad.len, &fresh);
		free(bad.s);
	}
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void file_cut_off_at_any_byte_is_refused(void **state)
{
	struct memory_parts a = parts_full(58, 60, 6), fresh = parts_new(10);
	struct text good = written(&a);

	(void)state;
	assert_true(good.s[good.len - 1] == '\n');
	for (size_t len = 0; len + 1 < good.len; len += len % 3 + 1)
		assert_false(read_exactly(good.s, len, &fresh));
	check_refused(good.s, good.len - 2, &fresh);
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
}

static void text_that_is_no_single_object_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "\n", "null", "1", "[]", "\"\"", "{}", "{\"version\":1}", "\0\0\0\0"};
	struct memory_parts a = parts_full(59, 60, 6), fresh = parts_new(10);
	struct text good = written(&a);
	struct text twice = {malloc(2 * good.len), 2 * good.len};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_refused(texts[i], i == 8 ? 4 : strlen(texts[i]), &fresh);
	assert_non_null(twice.s);
	memcpy(twice.s, good.s, good.len);
	memcpy(twice.s + good.len, good.s, good.len);
	check_refused(twice.s, twice.len, &fresh);
	check_refused(twice.s, good.len + 1, &fresh);
	parts_free(&a);
	parts_free(&fresh);
	free(good.s);
	free(twice.s);
}

/* If a damaged file passes the checks, its contents can be written and read again. */
static void damaged_file_is_refused_or_harmless(void **state)
{
	static const char bytes[] = "0123456789,.-+eE[]{}\":\\ \n\0x";
	struct memory_parts a = parts_full(60, 40, 6);
	struct text good = written(&a);
	struct random r = random_new(61);
	int taken = 0;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		struct memory_parts b = parts_new(10);
		char *copy = malloc(good.len);
		assert_non_null(copy);
		memcpy(copy, good.s, good.len);
		for (uint64_t k = 1 + random_below(&r, 3); k > 0; k--)
			copy[random_below(&r, good.len)] = bytes[random_below(&r, sizeof bytes)];
		if (read_exactly(copy, good.len, &b)) {
			struct memory_parts c = parts_new(10);
			struct text again = written(&b);
			if (!read_exactly(again.s, again.len, &c))
				fail_msg("own file refused: %s", again.s);
			free(again.s);
			parts_free(&c);
			site_start(b.site, 1700003000);
			for (int k = 0; k < 120; k++)
				site_close(b.site, true);
			taken++;
		}
		free(copy);
		parts_free(&b);
	}
	assert_true(taken > 0);
	parts_free(&a);
	free(good.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hostile_number_is_refused),
		cmocka_unit_test(every_missing_member_is_refused),
		cmocka_unit_test(lists_that_no_run_writes_are_refused),
		cmocka_unit_test(every_hostile_client_is_refused),
		cmocka_unit_test(every_hostile_path_is_refused),
		cmocka_unit_test(paths_without_their_key_or_list_are_refused),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(file_cut_off_at_any_byte_is_refused),
		cmocka_unit_test(text_that_is_no_single_object_is_refused),
		cmocka_unit_test(damaged_file_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
