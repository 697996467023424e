/* test_json_pieces.c - an object is returned member by member, and its long lists element by
 * element, whatever the number of bytes per read. Any other text is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/record/json_pieces.h"
#include "unit/given_source.h"

/* Names that begin with "long" belong to long lists. */
static bool is_long(const char *name)
{
	return strncmp(name, "long", 4) == 0;
}

/* All pieces as one text: "name=value;" or "name[" or "name.element;". Its last byte is the result:
 * "$" for the end, "!" for damage, "?" for a failure. */
static const char *pieces_of(struct given_source *text)
{
	static char all[1 << 16];
	struct byte_source source = given_source(text);
	struct json_pieces *pieces = json_pieces_new(&source, is_long);
	enum json_piece_kind kind;
	struct json_piece piece;
	size_t len = 0;

	assert_non_null(pieces);
	while ((kind = json_pieces_next(pieces, &piece)) < JSON_PIECE_END) {
		char *value = piece.value ? cJSON_PrintUnformatted(piece.value) : NULL;
		assert_int_equal(value == NULL, kind == JSON_PIECE_LIST);
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%c%s%s", piece.name,
			"=[."[kind], value ? value : "", value ? ";" : "");
		assert_true(len < sizeof all);
		cJSON_free(value);
	}
	snprintf(all + len, sizeof all - len, "%c", "$!?"[kind - JSON_PIECE_END]);
	json_pieces_free(pieces);
	return all;
}

static void assert_pieces(const char *text, const char *want)
{
	for (size_t most = 0; most < 5; most++) {
		struct given_source s = {.text = text, .len = strlen(text), .most = most};
		assert_string_equal(pieces_of(&s), want);
	}
}

static void members_and_elements_are_returned_in_order(void **state)
{
	(void)state;
	assert_pieces("{}", "$");
	assert_pieces("{\"a\":1}", "a=1;$");
	assert_pieces("{\"long\":[]}\n", "long[$");
	assert_pieces("{\"long\":[],\"b\":[],\"longer\":[[]]}", "long[b=[];longer[longer.[];$");
	assert_pieces("{\"a\":-1.5e3,\"long\":[1,\"x\",{\"y\":[2]}],\"b\":{\"long\":[3]}}",
		"a=-1500;long[long.1;long.\"x\";long.{\"y\":[2]};b={\"long\":[3]};$");
	assert_pieces(" { \"long\" :\t[ 1 , 2 ] , \"a\" : null , \"b\"\n:\r\nfalse } \n",
		"long[long.1;long.2;a=null;b=false;$");
}

static void brackets_and_quotes_in_strings_are_text(void **state)
{
	(void)state;
	assert_pieces("{\"long\":[\"a]\",\"}\\\"],{\",\"\\\\\"],\"b\":{\"[\":\"\\\\\\\"]\"}}",
		"long[long.\"a]\";long.\"}\\\"],{\";long.\"\\\\\";b={\"[\":\"\\\\\\\"]\"};$");
}

static void long_member_that_is_no_list_is_returned_whole(void **state)
{
	(void)state;
	assert_pieces("{\"long\":3,\"longer\":{\"a\":[]}}", "long=3;longer={\"a\":[]};$");
}

static void text_that_is_no_object_is_refused(void **state)
{
	static const char *const texts[][2] = {
		{"", "!"},
		{"[]", "!"},
		{"{", "!"},
		{"}", "!"},
		{"{]", "!"},
		{"{,}", "!"},
		{"{\"a\"}", "!"},
		{"{\"a\":}", "!"},
		{"{\"a\":1", "a=1;!"},
		{"{\"a\":1,}", "a=1;!"},
		{"{\"a\":1 \"b\":2}", "a=1;!"},
		{"{\"a\":1}}", "a=1;!"},
		{"{\"a\":1}{", "a=1;!"},
		{"{\"a\":1 2}", "a=1;!"},
		{"{\"a\":nul}", "!"},
		{"{\"a\":[1}", "!"},
		{"{\"a\":[1}]}", "!"},
		{"{\"a\":\"x}", "!"},
		{"{\"a\":\"x\\", "!"},
		{"{a:1}", "!"},
		{"{\"\\u0061\":1}", "!"}, /* no name in use needs an escape */
		{"{\"a\\q\":1}", "!"},
		{"{\"a\tb\":1}", "!"},
		{"{\"long\":[", "long[!"},
		{"{\"long\":[1", "long[long.1;!"},
		{"{\"long\":[1,]}", "long[long.1;!"},
		{"{\"long\":[,1]}", "long[!"},
		{"{\"long\":[1 2]}", "long[long.1;!"},
		{"{\"long\":[1}", "long[long.1;!"},
		{"{\"long\":[]\"a\":1}", "long[!"},
		{"{\"long\":[],}", "long[!"},
		{"{\"long\":[01x]}", "long[!"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_pieces(texts[i][0], texts[i][1]);
}

/* Returns the pieces of an object with one member: a list of `fill` blanks. */
static const char *end_of(size_t fill)
{
	char *text = malloc(fill + 64);

	assert_non_null(text);
	size_t len = (size_t)sprintf(text, "{\"a\":[");
	memset(text + len, ' ', fill);
	len += fill;
	len += (size_t)sprintf(text + len, "]}");
	struct given_source s = {.text = text, .len = len, .most = 1000};
	const char *pieces = pieces_of(&s);
	free(text);
	return pieces;
}

static void piece_that_is_too_long_is_refused(void **state)
{
	(void)state;
	assert_string_equal(end_of(JSON_PIECE_BYTES_MAX - 2), "a=[];$");
	assert_string_equal(end_of(JSON_PIECE_BYTES_MAX - 1), "!");
}

static void name_that_is_too_long_is_refused(void **state)
{
	char text[128];

	(void)state;
	snprintf(text, sizeof text, "{\"%063d\":1}", 0);
	char want[128];
	snprintf(want, sizeof want, "%063d=1;$", 0);
	assert_pieces(text, want);
	snprintf(text, sizeof text, "{\"%064d\":1}", 0);
	assert_pieces(text, "!");
}

static void nul_in_the_text_is_damage(void **state)
{
	static const char text[] = "{\"a\":1\0}";
	struct given_source s = {.text = text, .len = sizeof text - 1};

	(void)state;
	assert_string_equal(pieces_of(&s), "a=1;!");
}

/* If the file cannot be read, nobody knows whether it is damaged. */
static void failed_read_is_not_reported_as_damage(void **state)
{
	static const char text[] = "{\"a\":1,\"long\":[2,3],\"b\":{}}";

	(void)state;
	for (size_t at = 1; at < sizeof text; at++) {
		struct given_source s = {
			.text = text, .len = sizeof text - 1, .most = 1, .fails_at = at};
		errno = 0;
		const char *pieces = pieces_of(&s);
		assert_int_equal(pieces[strlen(pieces) - 1], '?');
		assert_int_equal(errno, EIO);
	}
}

static int mallocs_left;

static void *short_malloc(size_t n)
{
	if (mallocs_left-- > 0)
		return malloc(n);
	errno = ENOMEM;
	return NULL;
}

static void lack_of_memory_is_not_reported_as_damage(void **state)
{
	cJSON_Hooks hooks = {.malloc_fn = short_malloc, .free_fn = free};
	static const char text[] = "{\"a\":{\"b\":[1,\"x\"]},\"long\":[\"y\"]}";
	int failed = 0;

	(void)state;
	for (int n = 0;; n++, failed++) {
		struct given_source s = {.text = text, .len = sizeof text - 1};
		struct byte_source source = given_source(&s);
		struct json_pieces *pieces = json_pieces_new(&source, is_long);
		enum json_piece_kind kind;
		struct json_piece piece;
		mallocs_left = n;
		cJSON_InitHooks(&hooks);
		while ((kind = json_pieces_next(pieces, &piece)) < JSON_PIECE_END)
			;
		cJSON_InitHooks(NULL);
		json_pieces_free(pieces);
		if (kind == JSON_PIECE_END)
			break;
		assert_int_equal(kind, JSON_PIECE_FAILED);
		assert_int_equal(errno, ENOMEM);
	}
	assert_in_range(failed, 7, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_elements_are_returned_in_order),
		cmocka_unit_test(brackets_and_quotes_in_strings_are_text),
		cmocka_unit_test(long_member_that_is_no_list_is_returned_whole),
		cmocka_unit_test(text_that_is_no_object_is_refused),
		cmocka_unit_test(piece_that_is_too_long_is_refused),
		cmocka_unit_test(name_that_is_too_long_is_refused),
		cmocka_unit_test(nul_in_the_text_is_damage),
		cmocka_unit_test(failed_read_is_not_reported_as_damage),
		cmocka_unit_test(lack_of_memory_is_not_reported_as_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
