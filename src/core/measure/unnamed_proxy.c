/* unnamed_proxy.c - see unnamed_proxy.h. */
#include "core/measure/unnamed_proxy.h"

#include "core/base/allow.h"
#include "core/base/buf.h"

/* Minimum number of the candidate's lines that are parsed again, so that a few unusual lines decide
 * nothing. */
#define LOOKS_LEAST 20

bool unnamed_proxy_may_be(const struct address *client)
{
	static const struct address loopback6 = {.bytes = {[15] = 1}, .prefix_len = 128};

	return allow_is_private(client) || address_equal(client, &loopback6) ||
	       (address_is_v4(client) && client->bytes[12] == 127);
}

static void count_vote(struct unnamed_proxy *p, const struct address *client)
{
	if (p->votes && address_equal(&p->candidate, client)) {
		p->votes++;
		p->seen++;
	} else if (p->votes) {
		p->votes--;
	} else {
		p->candidate = *client;
		p->votes = p->seen = 1;
		p->looks = p->forwards = 0;
	}
}

bool unnamed_proxy_note(struct unnamed_proxy *p, const struct address *client)
{
	if (p->done)
		return false;
	count_vote(p, client);
	if (++p->lines >= UNNAMED_PROXY_LINES)
		p->done = true;
	return p->lines >= UNNAMED_PROXY_LEAST && p->seen > p->lines / 2 &&
	       address_equal(&p->candidate, client) && unnamed_proxy_may_be(client);
}

static void write_message(struct unnamed_proxy *p, const char *name, bool host)
{
	struct buf b;

	buf_init(&b, p->message, sizeof p->message - 1);
	buf_put_text(&b, "over half of the requests come from ");
	buf_put_address(&b, &p->candidate);
	buf_put_format(&b,
		", and %s contains other addresses: if your proxy sends these requests, no client "
		"behind it is judged until ",
		name);
	buf_put_text(
		&b, host ? "the log contains X-Forwarded-For (Traefik: accesslog.fields.headers."
			   "names.X-Forwarded-For=keep) and you give --trust-proxy "
			 : "you give --trust-proxy ");
	buf_put_address(&b, &p->candidate);
	if (!host)
		buf_put_format(&b, " --forwarded %s", name);
	p->message[b.len] = '\0';
}

bool unnamed_proxy_look(struct unnamed_proxy *p, const char *name, bool host)
{
	p->looks++;
	p->forwards += name[0] != '\0';
	if (p->looks >= UNNAMED_PROXY_LOOKS)
		p->done = true;
	if (!name[0] || p->looks < LOOKS_LEAST || p->forwards <= p->looks / 2)
		return false;
	p->done = true;
	write_message(p, name, host);
	return true;
}
