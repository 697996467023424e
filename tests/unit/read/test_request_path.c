/* test_request_path.c - a path has one form, however a client writes it. Also tests the
 * method. */
#include "core/read/request_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define N(array) (sizeof(array) / sizeof *(array))

/* Copies the target to the heap, so that a sanitizer detects a read past its end. */
static void read_target(struct request *r, const char *text, size_t len)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(r, 0, sizeof *r);
	request_path_read(r, copy, len);
	free(copy);
	assert_true(r->path_len <= REQUEST_PATH_MAX);
}

static void is_path(const struct request *r, const char *path, const char *of)
{
	if (r->path_len != strlen(path) || memcmp(r->path, path, r->path_len) != 0)
		fail_msg("'%.*s', not '%s', of '%s'", r->path_len, r->path, path, of);
}

static void gives(const char *text, const char *path)
{
	struct request r;

	read_target(&r, text, strlen(text));
	is_path(&r, path, text);
}

static void gives_line(const char *text, const char *method, const char *path)
{
	struct request r;

	gives(text, path);
	read_target(&r, text, strlen(text));
	if (strcmp(r.method, method) != 0)
		fail_msg("method '%s', not '%s', of '%s'", r.method, method, text);
}

static void equal_paths_have_one_form(void **state)
{
	static const char *const forms[] = {"/a/b.php", "//a/b.php", "/a//b.php", "///a///b.php",
		"/./a/b.php", "/a/./b.php", "/a/././/./b.php", "/x/../a/b.php", "/a/x/../b.php",
		"/a/x/y/../../b.php", "/../../a/b.php", "/%61/b.php", "/a/%62%2Ephp", "/a%2fb.php",
		"/a%2Fb%2ephp", "/%2e/a/b.php", "/x/%2e%2E/a/b.php", "/x/.%2e/a/b.php",
		"/x%2f..%2fa/b.php", "/a/b.php?x=1", "/a/b.php?/../..", "/a/b.php#top",
		"/a/b.php;v=1", "/a/b.php;v=1/c?d", "/a/b.php?a;b#c", "http://example.com/a/b.php",
		"https://user:pw@example.com:8443//a/./b.php?x",
		"HTTPS://[2001:db8::7]:443/a/b.php", "example.com/a/b.php",
		"198.51.100.7:80/a/b.php?x", "[2001:db8::7]/a/b.php"};

	(void)state;
	for (size_t i = 0; i < N(forms); i++)
		gives(forms[i], "/a/b.php");
}

static void different_paths_stay_different(void **state)
{
	static const char *const paths[] = {"/", "/a", "/a/", "/A", "/.a", "/..a", "/a.", "/a..",
		"/...", "/a/.../b", "/.well-known/acme", "/a b", "/a,b", "/a:b", "/a://b", "/a=b&c",
		"/~a", "/\xd0\xbf", "/\"", "/\\", "/a\\..\\b", "*"};

	(void)state;
	for (size_t i = 0; i < N(paths); i++) {
		if (strcmp(paths[i], "/a://b") == 0)
			gives(paths[i], "/a:/b");
		else
			gives(paths[i], paths[i]);
	}
	gives("/.", "/");
	gives("/..", "/");
	gives("/a/.", "/a/");
	gives("/a/b/..", "/a/");
	gives("/a/..", "/");
	gives("/a/%2e%2e", "/");
}

static void percent_is_decoded_once_and_only_before_two_digits(void **state)
{
	static const char *const kept[] = {
		"/%", "/%4", "/%zz", "/%4z", "/%z4", "/a%", "/%%", "/% 41"};
	struct request r;

	(void)state;
	for (size_t i = 0; i < N(kept); i++)
		gives(kept[i], kept[i]);
	gives("/%2561", "/%61");
	gives("/%252e%252e/a", "/%2e%2e/a");
	gives("/%%41", "/%A");
	/* an escaped '?', '#' or ';' does not end the path */
	gives("/a%3fb%23c%3Bd?e", "/a?b#c;d");
	gives("/%c3%A9", "/\xc3\xa9");
	read_target(&r, "/a%00b%0A", 9);
	assert_int_equal(r.path_len, 5);
	assert_memory_equal(r.path, "/a\0b\n", 5);
	read_target(&r, "/a\0b", 4);
	assert_int_equal(r.path_len, 4);
	assert_memory_equal(r.path, "/a\0b", 4);
}

static void url_without_a_path_has_the_path_slash(void **state)
{
	static const char *const forms[] = {"http://example.com", "https://example.com?x=1",
		"https://example.com#top", "example.com", "example.com:443", "[2001:db8::7]:443",
		"example.com?x", "?x=1", "#x", ";x", "/?x=1", "//", "/./", "/;a"};

	(void)state;
	for (size_t i = 0; i < N(forms); i++)
		gives(forms[i], "/");
	gives_line("CONNECT example.com:443 HTTP/1.1", "CONNECT", "/");
	gives_line("OPTIONS * HTTP/1.1", "OPTIONS", "*");
}

static void request_line_has_method_and_path(void **state)
{
	(void)state;
	gives_line("GET /a HTTP/1.1", "GET", "/a");
	gives_line("POST /a/../b?c=d HTTP/2.0", "POST", "/b");
	gives_line("PUT https://example.com/a HTTP/3", "PUT", "/a");
	gives_line("GET /a", "GET", "/a");
	gives_line("get /a HTTP/1.0", "get", "/a");
	gives_line("M-SEARCH /a HTTP/1.1", "M-SEARCH", "/a");
	gives_line("VERSION-CONTROL /a HTTP/1.1", "VERSION-CONTROL", "/a");
	/* a method that is too long counts as none */
	gives_line("BASELINE-CONTROL /a HTTP/1.1", "", "/a");
	/* odd versions */
	gives_line("GET /a HTTP/9.99", "GET", "/a");
	gives_line("GET /a HTTP/", "GET", "/a");
	gives_line("GET /a HTTP/x", "GET", "/a");
	gives_line("GET /a http/1.1", "GET", "/a http/1.1");
	gives_line("GET /a FTP/1.1", "GET", "/a FTP/1.1");
	/* blanks inside the target are part of the path */
	gives_line("GET /a b HTTP/1.1", "GET", "/a b");
	gives_line("GET /a HTTP/1.1 b HTTP/1.1", "GET", "/a HTTP/1.1 b");
	/* servers accept several blanks, also at the end: the path is the same */
	gives_line("GET  /a HTTP/1.1", "GET", "/a");
	gives_line("GET /a   HTTP/1.1", "GET", "/a");
	gives_line("GET   /a  HTTP/1.1  ", "GET", "/a");
	gives_line("GET /a HTTP/1.1 ", "GET", "/a");
	gives_line("GET /a HTTP/1. ", "GET", "/a");
	gives_line("GET / HTTP/1.1", "GET", "/");
	gives_line("GET /HTTP/1.1", "GET", "/HTTP/1.1");
	gives_line("GET // HTTP/1.1", "GET", "/");
	gives_line("GET /a  ", "GET", "/a");
}

static void text_that_is_no_request_has_no_path(void **state)
{
	static const char *const none[] = {"", " ", "  ", " /a", "GET ", "GET  ", "GET  HTTP/1.1",
		"G\"T /a HTTP/1.1", "<BADREQ> /", "\x16\x03\x01", "\x16\x03\x01\x02 \x01",
		"{\"a\":1}", "G\xc3\xa9T /a", "GET\t/a HTTP/1.1", "<BADREQ>", "\"", "(a)/b", "a,b",
		"\x7f/"};

	(void)state;
	for (size_t i = 0; i < N(none); i++)
		gives_line(none[i], "", "");
}

static void known_method_is_kept(void **state)
{
	struct request r = {0};

	(void)state;
	request_path_set_method(&r, "HEAD", 4);
	request_path_read(&r, "GET /a HTTP/1.1", 15);
	assert_string_equal(r.method, "HEAD");
	is_path(&r, "/a", "a request line");
	request_path_set_method(&r, "ABCDEFGHIJKLMNO", 15);
	assert_string_equal(r.method, "ABCDEFGHIJKLMNO");
	static const char *const none[] = {
		"ABCDEFGHIJKLMNOP", "GE T", "GET/", "\"", "G\xc3\xa9T", "GET\n"};
	for (size_t i = 0; i < N(none); i++) {
		strcpy(r.method, "GET");
		request_path_set_method(&r, none[i], strlen(none[i]));
		assert_string_equal(r.method, "");
	}
	request_path_set_method(&r, "G\0T", 3);
	assert_string_equal(r.method, "");
	request_path_set_method(&r, "", 0);
	assert_string_equal(r.method, "");
}

static void path_is_cut_at_its_limit(void **state)
{
	char text[2 * REQUEST_PATH_MAX];
	struct request r;

	(void)state;
	memset(text, 'a', sizeof text);
	text[0] = '/';
	for (size_t len = REQUEST_PATH_MAX - 2; len < REQUEST_PATH_MAX + 3; len++) {
		read_target(&r, text, len);
		assert_int_equal(r.path_len, len < REQUEST_PATH_MAX ? len : REQUEST_PATH_MAX);
		assert_memory_equal(r.path, text, r.path_len);
	}
	/* removed segments leave room for others */
	char longest[8 * REQUEST_PATH_MAX + 8] = "";
	for (size_t i = 0; i < REQUEST_PATH_MAX; i++)
		memcpy(longest + 8 * i, "/%61/../", 8);
	memcpy(longest + 8 * (size_t)REQUEST_PATH_MAX, "/b", 3);
	gives(longest, "/b");
	/* but only the first 65,536 bytes of the target are read */
	static char slashes[65536 + 8];
	memset(slashes, '/', sizeof slashes);
	memcpy(slashes + 65534, "abcd", 4);
	read_target(&r, slashes, sizeof slashes);
	assert_int_equal(r.path_len, 3);
	assert_memory_equal(r.path, "/ab", 3);
}

/* Returns 0..15, or -1. */
static int digit_of(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

/* The path of a target that begins with a slash, computed byte by byte and segment by segment. */
static size_t plain_path(const char *s, size_t len, char *path)
{
	size_t n = 0, from = 0; /* where the last segment begins, with its slash */

	for (size_t i = 0; i <= len && n <= REQUEST_PATH_MAX; i++) {
		bool ends = i == len || strchr(";?#", s[i] ? s[i] : 'a') || n == REQUEST_PATH_MAX;
		char c = ends ? '/' : s[i];
		if (c == '%' && i + 2 < len && digit_of(s[i + 1]) >= 0 && digit_of(s[i + 2]) >= 0) {
			c = (char)(digit_of(s[i + 1]) * 16 + digit_of(s[i + 2]));
			i += 2;
		}
		if (c == '/' && n - from == 2 && path[from + 1] == '.')
			n = from + 1;
		if (c == '/' && n - from == 3 && memcmp(path + from, "/..", 3) == 0) {
			for (n = from; n > 0 && path[n - 1] != '/'; n--)
				;
			n = n ? n : 1;
		}
		if (ends)
			return n;
		for (from = n; from > 0 && path[from - 1] != '/'; from--)
			;
		from -= from > 0;
		if (c == '/' && n && path[n - 1] == '/')
			continue;
		from = c == '/' ? n : from;
		path[n++] = c;
	}
	return n;
}

/* Some paths have about 16 bytes, because request_path_read examines 16 bytes at a time. Others are
 * about as long as REQUEST_PATH_MAX. */
static void random_paths_match_a_simple_reader(void **state)
{
	static const char *const pieces[] = {"/", "/.", "/..", "a", "bcdefg", ".", "%2e", "%20",
		"%", ";", "?", "#", "aaaaaaaaaaaaaaa", "/ccccccccccccccccc", "%2f", "\xff"};
	struct random rnd = random_new(3);
	struct request r;

	(void)state;
	random_note();
	for (int round = 0; round < 200000; round++) {
		char text[2048] = "/", path[REQUEST_PATH_MAX + 1];
		size_t len = 1, n = random_below(&rnd, random_below(&rnd, 30) ? 12 : 90);
		for (; n > 0; n--) {
			uint64_t rare = random_below(&rnd, 4) ? 5 : N(pieces);
			const char *piece = pieces[random_below(&rnd, rare)];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		read_target(&r, text, len);
		n = plain_path(text, len, path);
		assert_int_equal(r.path_len, n);
		assert_memory_equal(r.path, path, n);
	}
}

/* Whatever the target is, the result is a path. It begins with a slash and has no doubled slash. It
 * has no segment "." or ".." except for one that the limit cut off. If nothing is left to decode or
 * to cut off, reading the path again does not change it. */
static void random_target_has_a_normal_form(void **state)
{
	static const char *const pieces[] = {"/", ".", "..", "%2e", "%2F", "%", "a", "b.php", "%41",
		";", "?", "#", "//", "/./", "/../", "\xff", "%00", "\"",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct random rnd = random_new(1);

	(void)state;
	random_note();
	for (int round = 0; round < 200000; round++) {
		char text[1024] = "/";
		size_t len = 1;
		struct request r, again;
		for (uint64_t n = random_below(&rnd, 24); n > 0; n--) {
			const char *piece = pieces[random_below(&rnd, N(pieces))];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		read_target(&r, text, len);
		assert_true(r.path_len >= 1 && r.path[0] == '/');
		assert_null(memmem(r.path, r.path_len, "//", 2));
		assert_null(memmem(r.path, r.path_len, "/./", 3));
		assert_null(memmem(r.path, r.path_len, "/../", 4));
		if (memchr(r.path, '%', r.path_len) || memchr(r.path, ';', r.path_len) ||
			memchr(r.path, '?', r.path_len) || memchr(r.path, '#', r.path_len))
			continue;
		read_target(&again, r.path, r.path_len);
		assert_int_equal(again.path_len, r.path_len);
		assert_memory_equal(again.path, r.path, r.path_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_paths_have_one_form),
		cmocka_unit_test(different_paths_stay_different),
		cmocka_unit_test(percent_is_decoded_once_and_only_before_two_digits),
		cmocka_unit_test(url_without_a_path_has_the_path_slash),
		cmocka_unit_test(request_line_has_method_and_path),
		cmocka_unit_test(text_that_is_no_request_has_no_path),
		cmocka_unit_test(known_method_is_kept),
		cmocka_unit_test(path_is_cut_at_its_limit),
		cmocka_unit_test(random_paths_match_a_simple_reader),
		cmocka_unit_test(random_target_has_a_normal_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
