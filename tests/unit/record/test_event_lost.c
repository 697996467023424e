/* test_event_lost.c - if events were dropped, the next event contains their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/record/event.h"

static void every_kind_reports_the_number_of_lost_events(void **state)
{
	static const char *const names[] = {"event", "time", "mode", "lost"};
	const struct counters none = {0};

	(void)state;
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		char text[EVENT_BYTES_MAX];
		struct buf b;
		struct event e = {.kind = (enum event_kind)kind,
			.lost = 4711,
			.counters = &none,
			.version = "x",
			.reason = "x",
			.hold = "x",
			.message = "x"};
		buf_init(&b, text, sizeof text);
		event_write(&e, &b);
		cJSON *object = cJSON_ParseWithLength(text, b.len);
		assert_non_null(object);
		const cJSON *member = object->child, *lost = NULL;
		for (int i = 0; i < 4; i++, member = member->next) {
			assert_string_equal(member->string, names[i]);
			lost = member;
		}
		assert_true(lost->valuedouble == 4711);
		cJSON_Delete(object);
	}
}

static void event_without_a_loss_reports_none(void **state)
{
	const struct event e = {.kind = EVENT_UNBAN, .reason = "expired"};
	char text[EVENT_BYTES_MAX + 1];
	struct buf b;

	(void)state;
	buf_init(&b, text, EVENT_BYTES_MAX);
	event_write(&e, &b);
	text[b.len] = '\0';
	assert_null(strstr(text, "lost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_reports_the_number_of_lost_events),
		cmocka_unit_test(event_without_a_loss_reports_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
