/* nginx_odd_lines.h - lines that nginx wrote (log_format escape=json) about hostile requests:
 * quotes, control bytes, NUL, invalid UTF-8, TLS on a plain port, JSON in a path. In two long
 * lines, a placeholder stands for a run of one byte.
 */
#ifndef UNIT_NGINX_ODD_LINES_H
#define UNIT_NGINX_ODD_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ODD_RUN "@@" /* stands for run_n times the byte `run` */

struct odd_line {
	int64_t ms;
	const char *client;
	int status;
	const char *text;
	unsigned char run;
	size_t run_n;
};

static const struct odd_line odd_lines[] = {
	{1795320960343, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.343,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /plain HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/plain\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":1,\"reqs\":1}",
		0, 0},
	{1795320960394, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.394,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /q?a=\\\"quoted\\\"&b=\\\\back HTTP/1.1\",\"method\":\"GET\","
		"\"uri\":\"/q?a=\\\"quoted\\\"&b=\\\\back\",\"proto\":\"HTTP/1.1\",\"status\":200,"
		"\"bytes\":3,\"rt\":0.000,\"host\":\"example.test\",\"referer\":\"\","
		"\"ua\":\"Mozilla \\\"x\\\" \\\\ \\t tab\",\"xff\":\"\",\"upstream_rt\":\"\","
		"\"conn\":2,\"reqs\":1}",
		0, 0},
	{1795320960444, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.444,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /utf8/\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"
		"?x=\xc3\xa9 HTTP/1.1\",\"method\":\"GET\","
		"\"uri\":\"/utf8/\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82?x=\xc3\xa9\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\xe2\x98\x83 snow\","
		"\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":3,\"reqs\":1}",
		0, 0},
	{1795320960495, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.495,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /inval/\xff\xfe\xc3( HTTP/1.1\",\"method\":\"GET\","
		"\"uri\":\"/inval/\xff\xfe\xc3(\",\"proto\":\"HTTP/1.1\",\"status\":200,"
		"\"bytes\":3,\"rt\":0.000,\"host\":\"example.test\",\"referer\":\"\","
		"\"ua\":\"\x80\xbf\xf5\xed\xa0\x80\",\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":4,"
		"\"reqs\":1}",
		0, 0},
	{1795320960545, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.545,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /ctl\\u0001\\u0002\x7f HTTP/1.1\",\"method\":\"\",\"uri\":\"\","
		"\"proto\":\"\",\"status\":400,\"bytes\":157,\"rt\":0.000,\"host\":\"\","
		"\"referer\":\"\",\"ua\":\"\",\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":5,"
		"\"reqs\":1}",
		0, 0},
	{1795320960596, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.596,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /ok HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/ok\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"ctl\\u0001\\u001B[31m\x7f\","
		"\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":6,\"reqs\":1}",
		0, 0},
	{1795320960647, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.647,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /nul\\u0000x HTTP/1.1\",\"method\":\"\",\"uri\":\"\","
		"\"proto\":\"\",\"status\":400,\"bytes\":157,\"rt\":0.000,\"host\":\"\","
		"\"referer\":\"\",\"ua\":\"\",\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":7,"
		"\"reqs\":1}",
		0, 0},
	{1795320960697, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.697,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /nulhdr HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/nulhdr\","
		"\"proto\":\"HTTP/1.1\",\"status\":400,\"bytes\":157,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":8,\"reqs\":1}",
		0, 0},
	{1795320960748, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.748,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"GET /http09\","
		"\"method\":\"GET\",\"uri\":\"/http09\",\"proto\":\"\",\"status\":200,\"bytes\":3,"
		"\"rt\":0.000,\"host\":\"\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":9,\"reqs\":1}",
		0, 0},
	{1795320960798, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.798,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"\\u0016\\u0003\\u0001\\u0002\\u000"
		"0\\u0001\\u0000\\u0001\xfc\\u0003\\u0003\\u0000\\u"
		"0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\",\"method\":\"\","
		"\"uri\":\"\",\"proto\":\"\",\"status\":400,\"bytes\":157,\"rt\":0.000,"
		"\"host\":\"\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\",\"upstream_rt\":\"\","
		"\"conn\":10,\"reqs\":1}",
		0, 0},
	{1795320960849, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:00+00:00\",\"msec\":1795320960.849,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"GARBAGE\","
		"\"method\":\"\",\"uri\":\"\",\"proto\":\"\",\"status\":400,\"bytes\":157,"
		"\"rt\":0.000,\"host\":\"\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":11,\"reqs\":1}",
		0, 0},
	{1795320961300, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:01+00:00\",\"msec\":1795320961.300,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"\","
		"\"method\":\"\",\"uri\":\"\",\"proto\":\"\",\"status\":400,\"bytes\":0,"
		"\"rt\":0.401,\"host\":\"\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":12,\"reqs\":1}",
		0, 0},
	{1795320961802, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:01+00:00\",\"msec\":1795320961.802,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"GET / HTTP/1.1\","
		"\"method\":\"GET\",\"uri\":\"/\",\"proto\":\"HTTP/1.1\",\"status\":400,"
		"\"bytes\":157,\"rt\":0.000,\"host\":\"\",\"referer\":\"\",\"ua\":\"\","
		"\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":14,\"reqs\":1}",
		0, 0},
	{1795320961853, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:01+00:00\",\"msec\":1795320961.853,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"GET / HTTP/1.1\","
		"\"method\":\"GET\",\"uri\":\"/\",\"proto\":\"HTTP/1.1\",\"status\":200,"
		"\"bytes\":3,\"rt\":0.000,\"host\":\"[bad\",\"referer\":\"\",\"ua\":\"\","
		"\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":15,\"reqs\":1}",
		0, 0},
	{1795320962107, "fd77::13", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.107,"
		"\"remote_addr\":\"fd77::13\",\"remote_user\":\"\","
		"\"request\":\"GET /v6 HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/v6\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":20,\"reqs\":1}",
		0, 0},
	{1795320962158, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.158,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"POST /p HTTP/1.1\",\"method\":\"POST\",\"uri\":\"/p\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"1.2.3.4,"
		" \\\"evil\\\"\",\"upstream_rt\":\"\",\"conn\":21,\"reqs\":1}",
		0, 0},
	{1795320962208, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.208,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"us\\\"er\\n\xff\","
		"\"request\":\"GET /auth HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/auth\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":22,\"reqs\":1}",
		0, 0},
	{1795320962259, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.259,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"PRI * HTTP/2.0\","
		"\"method\":\"\",\"uri\":\"\",\"proto\":\"\",\"status\":400,\"bytes\":157,"
		"\"rt\":0.000,\"host\":\"\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":23,\"reqs\":1}",
		0, 0},
	{1795320962310, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.310,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"CONNECT example.com:443 HTTP/1.1\",\"method\":\"\",\"uri\":\"\","
		"\"proto\":\"\",\"status\":400,\"bytes\":157,\"rt\":0.000,\"host\":\"\","
		"\"referer\":\"\",\"ua\":\"\",\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":24,"
		"\"reqs\":1}",
		0, 0},
	{1795320962360, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.360,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\",\"request\":\"GET /inj\\\","
		"\\\"status\\\":200,\\\"remote_addr\\\":\\\"8.8.8.8 HTTP/1.1\",\"method\":\"GET\","
		"\"uri\":\"/inj\\\",\\\"status\\\":200,\\\"remote_addr\\\":\\\"8.8.8.8\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\\\"},{\\\"x\\\":\\\"\",\"ua\":\"\","
		"\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":25,\"reqs\":1}",
		0, 0},
	{1795320962411, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.411,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /two HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/two\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":26,\"reqs\":1}",
		0, 0},
	{1795320962411, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.411,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /two2 HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/two2\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":26,\"reqs\":2}",
		0, 0},
	{1795320962462, "10.77.0.2", 400,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.462,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GGGGGGGGGGGGGGGGGGGG\",\"method\":\"\",\"uri\":\"\",\"proto\":\"\","
		"\"status\":400,\"bytes\":157,\"rt\":0.000,\"host\":\"\",\"referer\":\"\","
		"\"ua\":\"\",\"xff\":\"\",\"upstream_rt\":\"\",\"conn\":27,\"reqs\":1}",
		0, 0},
	{1795320999307, "::ffff:10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:39+00:00\",\"msec\":1795320999.307,"
		"\"remote_addr\":\"::ffff:10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /mapped HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/mapped\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"10.77.0.1\",\"referer\":\"\",\"ua\":\"curl/7.88.1\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":1,\"reqs\":1}",
		0, 0},
	{1795320962056, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:02+00:00\",\"msec\":1795320962.056,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /@@ HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/@@\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":19,\"reqs\":1}",
		0xff, 3000},
	{1795320961903, "10.77.0.2", 200,
		"{\"time\":\"2026-11-22T04:16:01+00:00\",\"msec\":1795320961.903,"
		"\"remote_addr\":\"10.77.0.2\",\"remote_user\":\"\","
		"\"request\":\"GET /@@ HTTP/1.1\",\"method\":\"GET\",\"uri\":\"/@@\","
		"\"proto\":\"HTTP/1.1\",\"status\":200,\"bytes\":3,\"rt\":0.000,"
		"\"host\":\"example.test\",\"referer\":\"\",\"ua\":\"\",\"xff\":\"\","
		"\"upstream_rt\":\"\",\"conn\":16,\"reqs\":1}",
		0x61, 5000},
};

#define ODD_LINES_N (sizeof odd_lines / sizeof *odd_lines)

/* Writes the whole line to `out`, which must have room for it, without a terminator. Returns its
 * length. */
static inline size_t odd_line_text(const struct odd_line *o, char *out)
{
	size_t n = 0;

	for (const char *s = o->text; *s; s++) {
		if (o->run_n && strncmp(s, ODD_RUN, 2) == 0) {
			memset(out + n, o->run, o->run_n);
			n += o->run_n;
			s++;
		} else {
			out[n++] = *s;
		}
	}
	return n;
}

/* If a log_format has an unset variable outside of quotes, the line is not JSON. */
static const char odd_line_broken[] = "{\"remote_addr\":\"10.77.0.2\",\"urt\":,\"cl\":}";

#endif
