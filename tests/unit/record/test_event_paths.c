/* test_event_paths.c - an alert of the site is harmless, whatever bytes its paths contain. */
#include "core/record/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

static struct event event_of(size_t n)
{
	return (struct event){
		.kind = EVENT_ALERT, .scope = SCOPE_SITE, .has_paths = true, .paths_n = n};
}

static void set_path(struct event *e, size_t i, const void *path, size_t len, uint64_t requests)
{
	e->paths[i].requests = requests;
	e->paths[i].path_len = (uint16_t)len;
	memcpy(e->paths[i].path, path, len);
}

/* The text of the event, valid until the next call. */
static const char *written(const struct event *e)
{
	static char text[EVENT_BYTES_MAX + 1];
	struct buf b;

	buf_init(&b, text, EVENT_BYTES_MAX);
	event_write(e, &b);
	assert_false(b.full);
	text[b.len] = '\0';
	for (size_t i = 0; i + 1 < b.len; i++)
		assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	cJSON *object = cJSON_Parse(text);
	assert_non_null(object);
	const cJSON *paths = cJSON_GetObjectItem(object, "paths");
	assert_int_equal(cJSON_GetArraySize(paths), e->has_paths ? (int)e->paths_n : 0);
	cJSON_Delete(object);
	return text;
}

static void check_has(const struct event *e, const char *want)
{
	const char *text = written(e);

	if (!strstr(text, want))
		fail_msg("%s is not in %s", want, text);
}

static void each_path_is_written_with_its_number_of_requests(void **state)
{
	struct event e = event_of(2);

	(void)state;
	set_path(&e, 0, "/wp-login.php", 13, 1234);
	set_path(&e, 1, "/", 1, 7);
	check_has(&e, "\"networks\":[],\"paths\":[{\"path\":\"/wp-login.php\",\"requests\":1234},"
		      "{\"path\":\"/\",\"requests\":7}],\"evidence\"");
	e.paths_n = 0;
	check_has(&e, "\"paths\":[],");
	e.has_paths = false;
	assert_null(strstr(written(&e), "paths"));
}

static void hostile_bytes_are_escaped(void **state)
{
	static const char evil[] = "/\"}]\\\x1b[2J\n\x7f\xff\xc2\x9b\xe2\x98\x83";
	struct event e = event_of(1);

	(void)state;
	set_path(&e, 0, evil, sizeof evil - 1, 1);
	check_has(&e, "{\"path\":\"/\\\"}]\\\\\\u001b[2J\\u000a\\u007f\\ufffd\\ufffd\\ufffd"
		      "\xe2\x98\x83\",\"requests\":1}");
}

/* A path is written whole if it needs at most 300 bytes with its escapes. Of a longer path, only
 * the first 50 bytes are written, so that five paths always fit. */
static void path_of_many_escapes_is_cut_short(void **state)
{
	struct event e = event_of(TOP_PATHS_MAX);
	char path[REQUEST_PATH_SHOWN_MAX];

	(void)state;
	for (size_t n = 0; n <= sizeof path; n++) {
		memset(path, 'a', sizeof path);
		memset(path, '\x02', n);
		for (size_t i = 0; i < TOP_PATHS_MAX; i++)
			set_path(&e, i, path, sizeof path, UINT64_MAX);
		const char *text = written(&e);
		size_t shown = 0;
		for (const char *at = text; (at = strstr(at, "\\u0002")); at++)
			shown++;
		bool is_whole = sizeof path + 5 * n <= 300;
		assert_int_equal(shown, (is_whole || n < 50 ? n : 50) * TOP_PATHS_MAX);
		assert_true(is_whole ==
			    (strstr(text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") !=
				    NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_is_written_with_its_number_of_requests),
		cmocka_unit_test(hostile_bytes_are_escaped),
		cmocka_unit_test(path_of_many_escapes_is_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
