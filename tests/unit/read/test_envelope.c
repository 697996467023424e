/* test_envelope.c - the object of a line is found after the known headers, and after no other
 * text. */
#include "core/read/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OBJECT "{\"remote_addr\":\"198.51.100.7\",\"status\":200}"
#define BOM    "\xef\xbb\xbf"

/* The longest token that RFC 5424 allows is a host name of 255 bytes. */
#define HOST_MAX 255

#define RFC3164   "an RFC 3164 syslog header"
#define RFC5424   "an RFC 5424 syslog header"
#define RSYSLOG   "rsyslog's file header"
#define JOURNAL   "a journal header"
#define CRI       "a CRI header"
#define PLATFORM  "a platform's header"
#define TIME      "a timestamp"
#define CONTAINER "a container's name"
#define POD       "a pod's name"
#define STERN     "a pod's and a container's name"

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static size_t measure(const char *line, size_t len)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, line, len);
	size_t n = envelope_len(copy, len, &(struct envelope){0});
	free(copy);
	return n;
}

/* The known headers, called layers, in their usual forms. `name` is the name in the table of
 * envelope.c. */
static const struct {
	const char *text, *name;
} known[] = {
	{" ", NULL},
	{"\t  ", NULL},
	{BOM, NULL},
	/* RFC 3164, as nginx and rsyslog write it */
	{"<190>Nov 22 04:16:00 nginx: ", RFC3164},
	{"<190>Nov 22 04:16:00 web1 nginx: ", RFC3164},
	{"<190>Nov  2 04:16:00 web1 nginx[4321]: ", RFC3164},
	{"<190>Nov 22 04:16:00 2001:db8::1 nginx: ", RFC3164},
	{"<7>Jan 01 00:00:00 192.0.2.1 nginx: ", RFC3164},
	{"Nov 22 04:16:00 web1 nginx: ", RFC3164},
	{"Nov 22 04:16:00 nginx[1]: ", RFC3164},
	{"<190>Nov 22 2026 04:16:00 web1 nginx: ", RFC3164},
	{"Nov  2 2026 04:16:00.123 2001:db8::1 nginx: ", RFC3164},
	{"Nov 22 04:16:00.123456 web1 nginx[1]: ", RFC3164}, /* journalctl -o short-precise */
	/* RFC 5424 */
	{"<190>1 2026-11-22T04:16:00.123Z web1 nginx 4321 - - ", RFC5424},
	{"<190>1 2026-11-22T04:16:00.123456+01:00 web1 nginx - access - ", RFC5424},
	{"<190>1 - - - - - - ", RFC5424},
	{"<190>1 - web1 nginx - - - " BOM, RFC5424},
	{"<190>1 - web1 nginx - - [a@1 k=\"v\"] ", RFC5424},
	{"<190>1 - web1 nginx - - [a@1 k=\"v\" l=\"]\"][b@2 k=\"\\\"]{\"] ", RFC5424},
	{"<190>1 - web1 nginx - - [a@1 k=\"{\"] " BOM, RFC5424},
	/* RSYSLOG_ForwardFormat, and rsyslog's files; journalctl -o short-iso and
	 * short-iso-precise */
	{"<190>2026-11-22T04:16:00.123456+01:00 web1 nginx: ", "rsyslog's forwarding header"},
	{"<6>2026-11-22T04:16:00Z 2001:db8::1 nginx[1]: ", "rsyslog's forwarding header"},
	{"2026-11-22T04:16:00.123456+01:00 web1 nginx: ", RSYSLOG},
	{"2026-11-22T04:16:00Z 2001:db8::1 nginx[4321]:  ", RSYSLOG},
	{"2026-11-22T04:16:00+0100 web1 nginx[1]: ", RSYSLOG},
	{"2026-11-22T04:16:00.123456+0100 web1 nginx[1]: ", RSYSLOG},
	/* journalctl -o short-full */
	{"Sun 2026-11-22 04:16:00 CET web1 nginx[1]: ", JOURNAL},
	{"Sun 2026-11-22 04:16:00.123456 UTC web1 nginx[1]: ", JOURNAL},
	{"1795320960.123456 web1 nginx[1]: ", JOURNAL},
	{"[ 1234.567890] web1 nginx[1]: ", JOURNAL},
	{"[1234567.567890] 2001:db8::1 nginx: ", JOURNAL},
	{"Mon 2026-11-23 04:16:00 +03 2001:db8::1 nginx[1]: ", JOURNAL},
	{"<6>", "a syslog priority"},
	{"<190>", "a syslog priority"},
	/* CRI */
	{"2026-11-22T04:16:00Z stdout P ", CRI},
	{"2026-11-22T04:16:00Z stderr F ", CRI},
	{"2026-11-22T04:16:00.123456789+01:00 stdout F ", CRI},
	{"2026-11-22T04:16:00Z stdout F ", CRI},
	/* Heroku */
	{"2026-11-22T04:16:00.123456+00:00 app[web.1]: ", PLATFORM},
	{"2026-11-22T04:16:00Z heroku[router]: ", PLATFORM},
	/* docker logs -t, kubectl logs --timestamps */
	{"2026-11-22T04:16:00.123456789Z ", TIME},
	{"2026-11-22T04:16:00.100000000+01:00 ", TIME},
	{"@cee:", "@cee:"},
	{"@cee: ", "@cee:"},
	/* docker compose logs, docker service logs */
	{"web-1  | ", CONTAINER},
	{"web_1 | ", CONTAINER},
	{"a-proxy-with-a-name-1    | ", CONTAINER},
	{"web.1.q2d9x0v4kq5b@node1    | ", CONTAINER},
	/* kubectl logs --prefix */
	{"[pod/web-0/nginx] ", POD},
	{"[pod/web-7d4b9c6f5b-x2x7k/nginx] ", POD},
	/* stern */
	{"web-7d4b9c6f5b-x2x7k nginx ", STERN},
	{"my-site-849f6d5c4b-zzzzz php-fpm ", STERN},
	{"ingress-nginx-controller-x2x7k controller ", STERN},
	{"traefik-bbbbb traefik ", STERN},
	{"web-0 nginx ", STERN},
	{"web-12 web ", STERN},
};

#define KNOWN_N (sizeof known / sizeof *known)

static void object_is_found_after_each_layer(void **state)
{
	(void)state;
	assert_int_equal(measure(OBJECT, strlen(OBJECT)), 0);
	for (size_t i = 0; i < KNOWN_N; i++) {
		char line[1024];
		struct envelope e;
		int len = snprintf(line, sizeof line, "%s%s", known[i].text, OBJECT);
		size_t n = strlen(known[i].text);
		if (measure(line, (size_t)len) != n || envelope_len(line, (size_t)len, &e) != n)
			fail_msg("the object was not found: %s", line);
		assert_int_equal(e.layers_n, 1);
		assert_int_equal(e.standard_error, strstr(known[i].text, "stderr") != NULL);
		assert_true(known[i].name ? e.names[0] && !strcmp(e.names[0], known[i].name)
					  : !e.names[0]);
	}
}

static void header_cut_anywhere_has_no_object(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_N; i++)
		for (size_t len = 0; len <= strlen(known[i].text); len++)
			assert_true(measure(known[i].text, len) == ENVELOPE_NONE);
}

/* A pair of layers may be parsed as another pair or as one layer, but the object is the same. */
static void object_is_found_after_each_pair_of_layers(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_N; i++) {
		for (size_t k = 0; k < KNOWN_N; k++) {
			char line[1024];
			int len = snprintf(
				line, sizeof line, "%s%s%s", known[i].text, known[k].text, OBJECT);
			if (measure(line, (size_t)len) != (size_t)len - strlen(OBJECT))
				fail_msg("the object was not found: %s", line);
		}
	}
}

static void object_after_five_layers_is_not_found(void **state)
{
	static const char layer[] = "Nov 22 04:16:00 nginx: ";
	char line[1024] = OBJECT;

	(void)state;
	for (size_t n = 1; n <= ENVELOPE_LAYERS_MAX + 1; n++) {
		memmove(line + sizeof layer - 1, line, strlen(line) + 1);
		memcpy(line, layer, sizeof layer - 1);
		size_t want = n <= ENVELOPE_LAYERS_MAX ? n * (sizeof layer - 1) : ENVELOPE_NONE;
		assert_true(measure(line, strlen(line)) == want);
	}
}

static void octet_count_must_cover_the_whole_line(void **state)
{
	static const char frame[] = "<190>1 - - - - - - " OBJECT;
	const size_t before = strlen("NN <190>1 - - - - - - "), n = sizeof frame - 1;

	(void)state;
	for (size_t count = n - 2; count <= n + 2; count++) {
		char line[256];
		int len = snprintf(line, sizeof line, "%zu %s", count, frame);
		assert_true(measure(line, (size_t)len) == (count < n ? ENVELOPE_NONE : before));
	}
	assert_true(measure("099 <6>{}", 9) == ENVELOPE_NONE);
	assert_true(measure("99 {}", 5) == ENVELOPE_NONE);
	assert_true(measure("99999999 <6>{}", 14) == ENVELOPE_NONE);
	assert_true(measure("5 <6>{}\r", 8) == 5);
}

/* Texts that a program wrote before an object that somebody else sent. */
static const char *const words[] = {
	"x ",
	"GET /",
	"[",
	"\"",
	"null ",
	"\n",
	"2026/11/22 04:16:00 [error] 12#12: *1 open() \"/srv/",
	"2026/11/22 04:16:00 [error] 12#12: *1 client: 203.0.113.9, request: \"GET /",
	/* syslog whose message begins with text, such as nginx's error log */
	"<187>Nov 22 04:16:00 web1 nginx: 2026/11/22 04:16:00 [error] 12#12: \"GET /",
	"<187>Nov 22 04:16:00 web1 nginx: GET /",
	"<190>1 - web1 nginx - - - GET /",
	"<190>1 - web1 nginx - - [a@1 k=\"v\"] GET /",
};

/* Texts that are almost a layer. */
static const char *const broken[] = {
	"<>",
	"<1900>",
	"<6> x",
	"<>Nov 22 04:16:00 web1 nginx: ",
	"<1900>Nov 22 04:16:00 web1 nginx: ",
	"<19x>Nov 22 04:16:00 web1 nginx: ",
	"<190>Nev 22 04:16:00 web1 nginx: ",
	"<190>nov 22 04:16:00 web1 nginx: ",
	"<190>Nov 2x 04:16:00 web1 nginx: ",
	"<190>Nov 22 4:16:00 web1 nginx: ",
	"<190>Nov 22 26 04:16:00 web1 nginx: ",
	"<190>Nov 22 04:16:00. web1 nginx: ",
	"<190>Nov 22 04:16:00.1234567890 web1 nginx: ",
	"<190>Nov 22 04:16:00 web1 nginx ",
	"<190>Nov 22 04:16:00 web1 nginx:",
	"<190>Nov 22 04:16:00 web1 www nginx: ",
	"<190>Nov 22 04:16:00 web1 nginx[1]{\"a\": ",
	"<190>Nov 22 04:16:00 web1 {\"a\": ",
	"<190>Nov 22 04:16:00 web1 \"nginx: ",
	"2026-11-22T04:16:00Z web1 nginx{\"a\": ",
	"<190>1 - web1 nginx - x{\"a\": - ",
	"<190>Nov 22 04:16:00 web\x01 nginx: ",
	"<190>2 - web1 nginx - - - ",
	"<190>1 yesterday web1 nginx - - - ",
	"<190>1 - web1 nginx - - ",
	"<190>1 - web1 nginx - - - - ",
	"<190>1 - web1 nginx - - [a@1 k=\"v\"]",
	"<190>1 - web1 nginx - - [a@1 k=\"v\" ",
	"<190>1 - web1 nginx - - [a@1 k=\"v\"]x ",
	"1 - web1 nginx - - - ",
	"2026-11-22T04:16:00Z stderr Q ",
	"2026-11-22T04:16:00Z stdout Q ",
	"2026-11-22T04:16:00Z web1 nginx ",
	"2026-11-22T04:16:00 web1 nginx: ",
	"<6>2026-11-22T04:16:00 web1 nginx: ",
	"1795320960 web1 nginx: ",
	"1795320960 ",
	"2026-11-22T04:16:00Z web1: nginx: ",
	"2026-11-22T04:16:00Z stdout F",
	"2026-11-22T04:16:00Z stdout F x",
	"2026-11-22T04:16:00 stdout F ",
	"now stdout F ",
	"2026-11-22T04:16:00Z",
	"2026-11-22T04:16:00 ",
	"2026-11-22 04:16:00Z ",
	"22/Nov/2026:04:16:00 +0000 ",
	"1795320960.123 web1 nginx: ",
	"179532096.123456 web1 nginx: ",
	"1795320960.123456 nginx: ",
	"1795320960.123456 error nginx: ",
	"1795320960.123456    45 192.0.2.1 TCP_MISS/200 ",
	"[ 1234.56789] web1 nginx: ",
	"[ 1234.567890] nginx: ",
	"[ 1234.567890 web1 nginx: ",
	"[] web1 nginx: ",
	"Sun 2026-11-22 04:16:00 web1 nginx: ",
	"Son 2026-11-22 04:16:00 CET web1 nginx: ",
	"Sun 2026-11-22 04:16:00 (CET) web1 nginx: ",
	"Sun 2026-11-22 04:16:00 CET nginx: ",
	/* texts that a program writes before text of its clients */
	"2026-11-22T04:16:00Z ERROR: ",
	"2026-11-22T04:16:00Z INFO ",
	"2026-11-22T04:16:00Z ERROR module: ",
	"2026-11-22T04:16:00.123456789Z PHP message: ",
	"2026-11-22T04:16:00Z Warning module: ",
	"2026-11-22T04:16:00Z [INFO] module: ",
	"2026-11-22T04:16:00Z app[web 1]: ",
	"2026-11-22T04:16:00Z app[]: ",
	"2026-11-22T04:16:00Z app[web.1] ",
	"@cee",
	"@cee :",
	"@CEE: ",
	"| ",
	" | ",
	"web-1| ",
	"web-1  |",
	"web-1 | ",
	"web | ",
	"INFO     | ",
	"error  | ",
	"web 1 | ",
	"-web-1 | ",
	"web-1 || ",
	"(web-1) | ",
	"[pod/web-0] ",
	"[pod/web-0/nginx]",
	"[pod/web-0/nginx/x] ",
	"[pod//nginx] ",
	"[pod/Web-0/nginx] ",
	"[web-0/nginx] ",
	"pod/web-0/nginx ",
	/* sentences, and names that no program generated */
	"worker-1 received ",
	"request-12 body ",
	"utf-8 decoded ",
	"web nginx ",
	"web-x2x7a nginx ",
	"web-x2x7 nginx ",
	"web-x2x7k body ",
	"req-7bd4f body ",
	"job-12345 nginx ",
	"-x2x7k x ",
	"web-0  nginx ",
	"web-0 nginx:",
	"web-0 -nginx ",
	"web-0 nginx",
	"web-7d4b9c6f5b-x2x7k Nginx ",
	"web-7d4b9c6f5b-x2x7k ",
	"web-7d4b9c6f5bb-x2x7k sent ",
	"web-7d4ba-x2x7k sent ",
};

static void object_after_other_text_is_not_found(void **state)
{
	const size_t words_n = sizeof words / sizeof *words;
	char line[1024];

	(void)state;
	for (size_t i = 0; i < words_n + sizeof broken / sizeof *broken; i++) {
		const char *other = i < words_n ? words[i] : broken[i - words_n];
		int len = snprintf(line, sizeof line, "%s%s", other, OBJECT);
		if (measure(line, (size_t)len) != ENVELOPE_NONE)
			fail_msg("an object was found: %s", line);
		for (size_t k = 0; k < KNOWN_N; k++) {
			if (*other == '1' && known[k].text[strlen(known[k].text) - 1] == '>')
				continue; /* both together are a header of RFC 5424 */
			len = snprintf(line, sizeof line, "%s%s%s", known[k].text, other, OBJECT);
			if (measure(line, (size_t)len) != ENVELOPE_NONE)
				fail_msg("an object was found: %s", line);
		}
	}
}

/* An attacker writes a layer and an object, and a program quotes both after its own words. */
static void layer_inside_other_text_is_not_found(void **state)
{
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (size_t k = 0; k < KNOWN_N; k++) {
			int len = snprintf(
				line, sizeof line, "%s%s%s", words[i], known[k].text, OBJECT);
			if (measure(line, (size_t)len) != ENVELOPE_NONE)
				fail_msg("an object was found: %s", line);
		}
	}
}

static void envelope_peel_stops_at_the_first_text_that_is_no_layer(void **state)
{
	static const char line[] = "web-1  | 2026-11-22T04:16:00Z 203.0.113.9 - - [";
	struct envelope e;

	(void)state;
	assert_int_equal(
		envelope_peel(line, sizeof line - 1, &e), strlen("web-1  | 2026-11-22T04:16:00Z "));
	assert_int_equal(e.layers_n, 2);
	assert_int_equal(envelope_peel("", 0, &e), 0);
	assert_int_equal(envelope_peel("<6>", 3, &e), 3);
	assert_int_equal(envelope_peel("203.0.113.9 - - [", 17, &e), 0);
	assert_int_equal(envelope_peel("2001:db8::7 - - [", 17, &e), 0);
}

static void line_without_an_object_has_no_envelope(void **state)
{
	static const char *const none[] = {"", " ", "\t", BOM, "[]", "null", "12", "\"{\"", "-"};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_true(measure(none[i], strlen(none[i])) == ENVELOPE_NONE);
}

static void object_may_be_a_brace_alone(void **state)
{
	(void)state;
	assert_int_equal(measure("{", 1), 0);
	assert_int_equal(measure(" {", 2), 1);
}

static void host_name_is_bounded(void **state)
{
	(void)state;
	for (int n = HOST_MAX; n <= HOST_MAX + 1; n++) {
		char line[1024];
		int before = snprintf(line, sizeof line, "<190>Nov 22 04:16:00 %0*d nginx: ", n, 1);
		int len = before + snprintf(line + before, sizeof line - (size_t)before, OBJECT);
		size_t want = n == HOST_MAX ? (size_t)before : ENVELOPE_NONE;
		assert_true(measure(line, (size_t)len) == want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(object_is_found_after_each_layer),
		cmocka_unit_test(header_cut_anywhere_has_no_object),
		cmocka_unit_test(object_is_found_after_each_pair_of_layers),
		cmocka_unit_test(object_after_five_layers_is_not_found),
		cmocka_unit_test(octet_count_must_cover_the_whole_line),
		cmocka_unit_test(object_after_other_text_is_not_found),
		cmocka_unit_test(layer_inside_other_text_is_not_found),
		cmocka_unit_test(envelope_peel_stops_at_the_first_text_that_is_no_layer),
		cmocka_unit_test(line_without_an_object_has_no_envelope),
		cmocka_unit_test(object_may_be_a_brace_alone),
		cmocka_unit_test(host_name_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
