/* test_line_random.c - random changes of valid lines. If a changed line is a request, the line
 * contains its client as text, and cJSON finds this text as the value of the peer.
 *
 * TEST_SEED=N repeats a run.
 */
#include "core/read/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "core/read/envelope.h"
#include "core/read/repair.h"
#include "core/read/truncated.h"

#include "unit/random_line.h"

#define ROUNDS 200000

/* The text of the peer as cJSON reads it; NULL if there is none. A damaged name may become
 * "remote", a peer in the last row of the table in format.c. */
static const char *client_by_cjson(const cJSON *object)
{
	static const char *const alone[] = {"source_ip", "clientip", "remote_ip"};
	const cJSON *peer = cJSON_GetObjectItemCaseSensitive(object, "remote_addr");
	int n = 0;

	for (size_t i = 0; !n && !peer && i < N(alone); i++) {
		peer = cJSON_GetObjectItemCaseSensitive(object, alone[i]);
		for (size_t k = i + 1; peer && k < N(alone); k++)
			n += cJSON_GetObjectItemCaseSensitive(object, alone[k]) != NULL;
	}
	if (!peer)
		peer = cJSON_GetObjectItemCaseSensitive(object, "remote");
	return n ? NULL : cJSON_GetStringValue(peer);
}

/* Whether the line contains the value without escapes. A zone (fe80::1%eth0) is not compared,
 * because the parser drops it. */
static bool stands_in(const struct line_text *t, const char *value)
{
	char quoted[LINE_CAP + 2];
	int n = strchr(value, '%') ? snprintf(quoted, sizeof quoted, "\"%.*s",
					     (int)(strchr(value, '%') - value) + 1, value)
				   : snprintf(quoted, sizeof quoted, "\"%s\"", value);

	return memmem(t->s, t->len, quoted, (size_t)n) != NULL;
}

/* cJSON ends a name or a value at a NUL. For cJSON, NULs are changed to another control byte. */
static void replace_nul_escapes(struct line_text *t)
{
	for (size_t i = 0; i + 5 <= t->len; i++)
		if (memcmp(t->s + i, "u0000", 5) == 0)
			t->s[i + 4] = '1';
}

/* The object from which the request was read. It was read unchanged, or its escapes were repaired,
 * or it followed half a line, or it was cut off and its open brackets were closed. */
static cJSON *object_of(const struct line_text *copy, size_t before, const struct line_result *got)
{
	static char mended[2 * LINE_CAP], closed[2 * LINE_CAP + 64];
	const char *text = copy->s + before;
	size_t len = copy->len - before, n;

	n = repair_escapes(text, len, mended, sizeof mended);
	if (n) {
		text = mended;
		len = n;
	}
	if (got->truncated) {
		len = truncated_close(text, len, closed, sizeof closed);
		assert_true(len > 0);
		text = closed;
	} else if (got->glued) {
		text = copy->s + before;
		len = copy->len - before;
		n = repair_glued(text, len);
		assert_true(n > 0);
		text += n;
		len -= n;
		n = repair_escapes(text, len, mended, sizeof mended);
		if (n) {
			text = mended;
			len = n;
		}
	}
	return cJSON_ParseWithLength(text, len);
}

static void check_client(const struct line_text *t, const struct line_result *got)
{
	struct line_text copy = *t;
	size_t before = envelope_len(t->s, t->len, &(struct envelope){0});
	struct address a;

	assert_true(before != ENVELOPE_NONE);
	replace_nul_escapes(&copy);
	cJSON *object = object_of(&copy, before, got);
	assert_non_null(object);
	const char *value = client_by_cjson(object);
	assert_non_null(value);
	if (!address_parse_peer(value, strlen(value), &a) ||
		!address_equal(&a, &got->request.client) || !stands_in(t, value))
		fail_msg("not the client \"%s\" of %.*s", value, (int)t->len, t->s);
	cJSON_Delete(object);
}

static void check_request(const struct line_result *got)
{
	const struct request *q = &got->request;

	assert_true(q->status == 0 || (q->status >= 100 && q->status <= 599));
	assert_int_equal(q->count, 1);
	if (q->has_time)
		assert_true(q->time.ms >= 0 && q->time.ms <= INSTANT_MAX.ms);
}

static enum line_reason check_line(struct line_parser *p, const struct line_text *t, bool cut)
{
	struct line_result got;
	char *exact = malloc(t->len + !t->len);

	assert_non_null(exact);
	memcpy(exact, t->s, t->len);
	enum line_reason reason = line_parse(p, exact, t->len, cut, &got);
	free(exact);
	assert_true(reason < LINE_REASON_COUNT);
	if (reason == LINE_OK) {
		check_request(&got);
		check_client(t, &got);
		assert_true(got.truncated || !cut);
	}
	return reason;
}

static void changed_line_never_names_another_client(void **state)
{
	struct random r = random_new(1);
	struct line_parser *p = line_parser_new(&(struct line_config){0});
	uint64_t seen[LINE_REASON_COUNT] = {0};
	struct line_text t;

	(void)state;
	random_note();
	assert_non_null(p);
	for (int round = 0; round < ROUNDS; round++) {
		line_make(&r, &t);
		for (uint64_t n = random_below(&r, 5); n > 0; n--)
			line_change(&r, &t);
		seen[check_line(p, &t, random_below(&r, 8) == 0)]++;
	}
	line_parser_free(p);
	/* otherwise the changes are too weak or too strong for a useful test */
	for (int reason = 0; reason < LINE_REASON_COUNT; reason++)
		assert_true(reason == LINE_BAD_COUNT || seen[reason] >= ROUNDS / 10000);
	assert_true(seen[LINE_OK] > ROUNDS / 10);
}

static void unchanged_line_is_a_request(void **state)
{
	struct random r = random_new(2);
	struct line_parser *p = line_parser_new(&(struct line_config){0});
	struct line_text t;

	(void)state;
	assert_non_null(p);
	for (int round = 0; round < ROUNDS / 10; round++) {
		line_make(&r, &t);
		assert_int_equal(check_line(p, &t, false), LINE_OK);
	}
	line_parser_free(p);
}

static void noise_is_never_a_request(void **state)
{
	struct random r = random_new(3);
	struct line_parser *p = line_parser_new(&(struct line_config){0});
	struct line_text t;

	(void)state;
	assert_non_null(p);
	for (int round = 0; round < ROUNDS / 10; round++) {
		t.len = random_below(&r, 200);
		for (size_t i = 0; i < t.len; i++)
			t.s[i] = (char)random_u64(&r);
		if (t.len && random_below(&r, 2))
			t.s[0] = '{';
		assert_int_not_equal(check_line(p, &t, false), LINE_OK);
	}
	line_parser_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_line_never_names_another_client),
		cmocka_unit_test(unchanged_line_is_a_request),
		cmocka_unit_test(noise_is_never_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
