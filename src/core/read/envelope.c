/* envelope.c - see envelope.h.
 *
 * Each layer is read by its own grammar, left to right, with a cursor that cannot pass the end. The
 * first layer of the table that fits is peeled off, and nothing is tried again. So the more specific
 * stand before the more general: "TIME stdout F " before "TIME ". A layer ends where the next begins:
 * no text is ever passed over.
 */
#include "core/read/envelope.h"

#include <string.h>
#include <strings.h>

#include "core/base/timestamp.h"

/* Longest token of a header: RFC 5424 allows 255 bytes for a host name, less for the others. */
#define TOKEN_MAX 255
/* Longest label of a name in Kubernetes (RFC 1123). */
#define LABEL_MAX 63

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct reader {
	const char *s;
	const char *end;
	bool standard_error;
};

/* ---- pieces ---- */

static bool skip_text(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->s) < n || memcmp(r->s, text, n) != 0)
		return false;
	r->s += n;
	return true;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

/* Bytes of the set, `max` at most, behind those that are eaten. */
static size_t span_of(const char *s, const char *end, const char *set, size_t max)
{
	size_t n = 0;

	while (n < max && s + n < end && is_one_of(s[n], set))
		n++;
	return n;
}

/* Printable ASCII without blanks, then one blank (eaten). */
static bool eat_token(struct reader *r, const char **token, size_t *token_len)
{
	const char *s = r->s;

	while (s < r->end && s - r->s < TOKEN_MAX && is_printable(*s))
		s++;
	if (s == r->s || s == r->end || *s != ' ')
		return false;
	*token = r->s;
	*token_len = (size_t)(s - r->s);
	r->s = s + 1;
	return true;
}

static bool eat_blanks(struct reader *r)
{
	const char *from = r->s;

	while (r->s < r->end && (*r->s == ' ' || *r->s == '\t'))
		r->s++;
	return r->s > from;
}

/* d: a digit; b: a digit or a blank; any other: itself. */
static bool eat_shape(struct reader *r, const char *shape)
{
	const char *s = r->s;

	for (; *shape; shape++, s++) {
		if (s == r->end)
			return false;
		bool ok = *shape == 'd'   ? is_one_of(*s, DIGITS)
			  : *shape == 'b' ? is_one_of(*s, DIGITS " ")
					  : *s == *shape;
		if (!ok)
			return false;
	}
	r->s = s;
	return true;
}

/* One of the words, which are as long as each other and stand in one text without gaps. */
static bool eat_word_of(struct reader *r, const char *words, size_t word_len)
{
	if ((size_t)(r->end - r->s) < word_len)
		return false;
	for (; *words; words += word_len) {
		if (memcmp(r->s, words, word_len) == 0) {
			r->s += word_len;
			return true;
		}
	}
	return false;
}

/* "04:16:00", with decimals or without. */
static bool eat_clock(struct reader *r)
{
	if (!eat_shape(r, "dd:dd:dd"))
		return false;
	if (skip_text(r, ".")) {
		size_t decimals = span_of(r->s, r->end, DIGITS, 9);
		r->s += decimals;
		return decimals > 0;
	}
	return true;
}

/* A token that is a date and a time with its zone (RFC 3339, or +0100), and no number. */
static bool is_dated(const char *token, size_t len)
{
	struct instant t;

	return len > 10 && token[4] == '-' && token[10] == 'T' &&
	       timestamp_parse(token, len, NULL, &t);
}

/* What programs write before words of their clients, where a header has a name. */
static bool is_level(const char *s, size_t len)
{
	static const char *const levels[] = {"trace", "debug", "info", "notice", "success", "warn",
		"warning", "error", "err", "crit", "critical", "alert", "fatal", "panic", "emerg"};

	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strlen(levels[i]) == len && strncasecmp(levels[i], s, len) == 0)
			return true;
	return false;
}

/* A host's name or address: neither "TIME ERROR module: " nor, behind docker's own time, "TIME TIME
 * module: " is a header. */
static bool is_host(const char *s, size_t len)
{
	return span_of(s, s + len, LOWER UPPER DIGITS "-_.:", TOKEN_MAX) == len &&
	       !is_level(s, len) && !is_dated(s, len);
}

/* [HOST ]TAG: with any number of blanks behind it. */
static bool eat_tag(struct reader *r, bool host_may_miss)
{
	const char *token;
	size_t len;

	if (!eat_token(r, &token, &len))
		return false;
	if (token[len - 1] != ':' || !host_may_miss) {
		if (token[len - 1] == ':' || !is_host(token, len) || !eat_token(r, &token, &len) ||
			token[len - 1] != ':')
			return false;
	}
	(void)eat_blanks(r);
	return true;
}

/* ---- layers: each peels itself off, or returns false with the cursor anywhere ---- */

static bool peel_mark(struct reader *r)
{
	return skip_text(r, "\xef\xbb\xbf");
}

/* "<34>" */
static bool peel_priority(struct reader *r)
{
	if (!skip_text(r, "<"))
		return false;
	size_t digits = span_of(r->s, r->end, DIGITS, 3);
	r->s += digits;
	return digits && skip_text(r, ">");
}

/* "123 " before a priority, with so many bytes behind it (RFC 6587). Fewer are a line that was cut off;
 * more are a second frame. */
static bool peel_octet_count(struct reader *r)
{
	size_t count = 0;
	const char *end = r->end;

	if (r->s == end || *r->s == '0')
		return false;
	for (int i = 0; i < 7 && r->s < end && is_one_of(*r->s, DIGITS); i++)
		count = count * 10 + (size_t)(*r->s++ - '0');
	if (!count || !skip_text(r, " ") || r->s == end || *r->s != '<')
		return false;
	if (end[-1] == '\r')
		end--;
	return (size_t)(end - r->s) <= count;
}

/* "[<PRI>]Nov 22 04:16:00 [HOST ]TAG[PID]: "; the day may be followed by a year, the seconds by decimals
 * (journalctl -o short-precise). */
static bool peel_rfc3164(struct reader *r)
{
	if (r->s < r->end && *r->s == '<' && !peel_priority(r))
		return false;
	if (!eat_word_of(r, "JanFebMarAprMayJunJulAugSepOctNovDec", 3) || !eat_shape(r, " bd "))
		return false;
	(void)eat_shape(r, "dddd ");
	return eat_clock(r) && skip_text(r, " ") && eat_tag(r, true);
}

/* One or more [...] elements, in which \] does not end the element. */
static bool eat_structured_data(struct reader *r)
{
	if (!skip_text(r, "["))
		return false;
	bool inside = true, quoted = false;
	for (; r->s < r->end; r->s++) {
		char c = *r->s;
		if (!inside && c == ' ') {
			r->s++;
			return true;
		}
		if (!inside && c != '[')
			return false;
		if (!inside)
			inside = true;
		else if (c == '\\' && quoted && r->s + 1 < r->end)
			r->s++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ']' && !quoted)
			inside = false;
	}
	return false;
}

/* "<PRI>1 TIME HOST APP PROCID MSGID - ", or structured data for the -. */
static bool peel_rfc5424(struct reader *r)
{
	const char *token;
	size_t len;
	struct instant t;

	if (!peel_priority(r) || !skip_text(r, "1 ") || !eat_token(r, &token, &len))
		return false;
	if (!(len == 1 && *token == '-') && !timestamp_parse(token, len, NULL, &t))
		return false;
	for (int i = 0; i < 4; i++) /* HOST APP PROCID MSGID */
		if (!eat_token(r, &token, &len))
			return false;
	if (!skip_text(r, "- ") && !eat_structured_data(r))
		return false;
	(void)peel_mark(r);
	(void)eat_blanks(r);
	return true;
}

/* "TIME HOST TAG: ": rsyslog's files, journalctl -o short-iso. Nine decimals are Docker's, behind which
 * "PHP message: " is a program's own. */
static bool peel_dated_syslog(struct reader *r)
{
	const char *time, *point;
	size_t len;

	if (!eat_token(r, &time, &len) || !eat_tag(r, false) || !is_dated(time, len))
		return false;
	point = memchr(time, '.', len);
	return !point || span_of(point + 1, time + len, DIGITS, 9) <= 6;
}

/* The same behind a priority: RSYSLOG_ForwardFormat */
static bool peel_forwarded_syslog(struct reader *r)
{
	return peel_priority(r) && peel_dated_syslog(r);
}

/* "Sun 2026-11-22 04:16:00 CET HOST TAG: ": journalctl -o short-full */
static bool peel_journal(struct reader *r)
{
	const char *zone;
	size_t len;

	return eat_word_of(r, "MonTueWedThuFriSatSun", 3) && eat_shape(r, " dddd-dd-dd ") &&
	       eat_clock(r) && skip_text(r, " ") && eat_token(r, &zone, &len) &&
	       span_of(zone, zone + len, UPPER DIGITS "+-", 6) == len && eat_tag(r, false);
}

static bool peel_cri(struct reader *r)
{
	const char *time;
	size_t len;

	if (!eat_token(r, &time, &len))
		return false;
	/* F: a full line. Of one that is split (P) the first part is a line that was cut off, and the
	 * others begin with no object. */
	if (skip_text(r, "stderr ")) /* where Caddy logs */
		r->standard_error = true;
	else if (!skip_text(r, "stdout "))
		return false;
	return (skip_text(r, "F ") || skip_text(r, "P ")) && is_dated(time, len);
}

/* "TIME app[web.1]: ": Heroku. The brackets are a must: a program's own "TIME ERROR: " introduces words
 * of its clients. */
static bool peel_platform(struct reader *r)
{
	const char *time;
	size_t len, n;

	if (!eat_token(r, &time, &len))
		return false;
	n = span_of(r->s, r->end, LOWER DIGITS "-_", LABEL_MAX);
	r->s += n;
	if (!n || !skip_text(r, "["))
		return false;
	n = span_of(r->s, r->end, LOWER UPPER DIGITS "-_.", LABEL_MAX);
	r->s += n;
	return n && skip_text(r, "]: ") && is_dated(time, len);
}

/* docker logs -t, kubectl logs --timestamps */
static bool peel_time(struct reader *r)
{
	const char *time;
	size_t len;

	return eat_token(r, &time, &len) && is_dated(time, len);
}

/* "@cee:": https://www.rsyslog.com/doc/configuration/modules/mmjsonparse.html */
static bool peel_cookie(struct reader *r)
{
	if (!skip_text(r, "@cee:"))
		return false;
	(void)eat_blanks(r);
	return true;
}

/* "web-1  | ": docker compose logs; "web.1.q2d9x0v4kq5b@node1    | ": docker service logs. Before the bar
 * stand two blanks or more, but for the longest name of the old docker-compose: "web_1 | ". */
static bool peel_container(struct reader *r)
{
	const char *name = r->s;
	size_t len = span_of(name, r->end, LOWER UPPER DIGITS "_.-@", TOKEN_MAX);

	if (!len || !is_one_of(*name, LOWER UPPER DIGITS) || is_level(name, len))
		return false;
	r->s += len;
	if (!eat_blanks(r) || !skip_text(r, "| "))
		return false;
	return r->s - (name + len) > 3 ||
	       (is_one_of(name[len - 1], DIGITS) && memchr(name, '_', len));
}

/* "[pod/web-0/nginx] ": kubectl logs --prefix */
static bool peel_pod_prefix(struct reader *r)
{
	if (!skip_text(r, "[pod/"))
		return false;
	for (int i = 0; i < 2; i++) {
		size_t n = span_of(r->s, r->end, LOWER DIGITS ".-", TOKEN_MAX);
		r->s += n;
		if (!n || !skip_text(r, i == 0 ? "/" : "] "))
			return false;
	}
	return true;
}

/* Whether text[0..len) ends in a dash and `min` to `max` bytes of the set, with something before it. *len
 * is then without them. */
static bool cut_suffix(const char *text, size_t *len, const char *set, size_t min, size_t max)
{
	size_t n = 0;

	while (n < *len && n <= max && is_one_of(text[*len - 1 - n], set))
		n++;
	if (n < min || n > max || *len < n + 2 || text[*len - 1 - n] != '-')
		return false;
	*len -= n + 1;
	return true;
}

/* A container that is the pod's namesake, or one of the servers: "worker-1 received {" is a sentence. */
static bool is_container_of(const char *name, size_t len, const char *pod, size_t pod_len)
{
	static const char *const servers[] = {"nginx", "apache", "httpd", "caddy", "traefik",
		"haproxy", "envoy", "istio-proxy", "kong", "apisix", "openresty", "angie"};

	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		if (strlen(servers[i]) == len && memcmp(servers[i], name, len) == 0)
			return true;
	for (size_t i = 0; i + len <= pod_len; i++)
		if (memcmp(pod + i, name, len) == 0 && (i == 0 || pod[i - 1] == '-') &&
			(i + len == pod_len || pod[i + len] == '-'))
			return true;
	return false;
}

/* "POD CONTAINER ": stern. Pods have names that Kubernetes made: NAME-HASH-SUFFIX of a deployment,
 * NAME-SUFFIX of a daemon set, NAME-NUMBER of a stateful set. A hash is a number of 32 bits whose digits
 * are written with ten letters; suffixes have no vowels:
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go */
static bool peel_stern(struct reader *r)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789", hash[] = "456789bcdf";
	const char *pod, *name;
	size_t pod_len, len;

	if (!eat_token(r, &pod, &pod_len) || !eat_token(r, &name, &len))
		return false;
	if (span_of(pod, pod + pod_len, LOWER DIGITS "-", TOKEN_MAX) != pod_len ||
		span_of(name, name + len, LOWER DIGITS "-", LABEL_MAX) != len || *pod == '-' ||
		*name == '-')
		return false;
	if (cut_suffix(pod, &pod_len, letters, 5, 5)) {
		if (cut_suffix(pod, &pod_len, hash, 6, 10))
			return true;
	} else if (!cut_suffix(pod, &pod_len, DIGITS, 1, 4)) {
		return false;
	}
	return is_container_of(name, len, pod, pod_len);
}

/* ---- all of them ---- */

static const struct layer {
	const char *name; /* for a person; NULL: not worth a word */
	bool (*peel)(struct reader *);
} layers[] = {
	{NULL, peel_mark},
	{NULL, eat_blanks},
	{"an octet count", peel_octet_count},
	{"an RFC 5424 syslog header", peel_rfc5424},
	{"an RFC 3164 syslog header", peel_rfc3164},
	{"rsyslog's forwarding header", peel_forwarded_syslog},
	{"a syslog priority", peel_priority},
	{"a CRI header", peel_cri},
	{"rsyslog's file header", peel_dated_syslog},
	{"a journal header", peel_journal},
	{"a platform's header", peel_platform},
	{"a timestamp", peel_time},
	{"@cee:", peel_cookie},
	{"a container's name", peel_container},
	{"a pod's name", peel_pod_prefix},
	{"a pod's and a container's name", peel_stern},
};

#define LAYERS_N (sizeof layers / sizeof *layers)

/* Peels one layer off; false when none is there. */
static bool peel_one(const char **text, const char *end, struct envelope *e)
{
	for (size_t i = 0; i < LAYERS_N; i++) {
		struct reader r = {*text, end, false};
		if (!layers[i].peel(&r))
			continue;
		e->standard_error |= r.standard_error;
		e->names[e->layers_n++] = layers[i].name;
		*text = r.s;
		return true;
	}
	return false;
}

size_t envelope_peel(const char *line, size_t len, struct envelope *e)
{
	const char *text = line, *end = line + len;

	e->layers_n = 0;
	e->standard_error = false;
	while (text < end && *text != '{' && e->layers_n < ENVELOPE_LAYERS_MAX)
		if (!peel_one(&text, end, e))
			break;
	return (size_t)(text - line);
}

size_t envelope_len(const char *line, size_t len, struct envelope *e)
{
	size_t n = envelope_peel(line, len, e);

	return n < len && line[n] == '{' ? n : ENVELOPE_NONE;
}
