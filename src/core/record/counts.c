/* counts.c - see counts.h. */
#include "core/record/counts.h"

/* Bytes of the longest element, ,["ADDRESS/PREFIX",N,N,N], and of the end of a line. */
#define ELEMENT_BYTES_MAX (sizeof ",[\"\"]" + ADDRESS_TEXT_MAX + 3 * sizeof ",1000000")
#define LINE_END          "]}\n"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool counts_is_origin(const char *name, size_t len)
{
	if (len == 0 || len > COUNTS_ORIGIN_MAX || !is_alnum(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(name[i]) && name[i] != '.' && name[i] != '_' && name[i] != '-')
			return false;
	return true;
}

void counts_begin(struct buf *b, const struct counts_head *head)
{
	buf_put_text(b, "{\"event\":\"counts\",\"time\":\"");
	buf_put_instant(b, head->time);
	buf_put_text(b, head->replay ? "\",\"mode\":\"replay\"" : "\",\"mode\":\"live\"");
	buf_put_text(b, ",\"origin\":\"");
	buf_put_text(b, head->origin);
	buf_put_text(b, "\",\"run\":");
	buf_put_i64(b, head->run.ms);
	buf_put_text(b, ",\"seq\":");
	buf_put_u64(b, head->seq);
	buf_put_text(b, ",\"counts\":[");
}

static uint64_t take_part(uint64_t *left, uint64_t most)
{
	uint64_t part = *left < most ? *left : most;

	*left -= part;
	return part;
}

static void put_element(struct buf *b, struct counts_client *left)
{
	uint64_t requests = take_part(&left->requests, COUNTS_REQUESTS_MAX);
	uint64_t errors = take_part(&left->errors, requests);
	uint64_t own = take_part(&left->own, errors);

	buf_put_text(b, b->data[b->len - 1] == '[' ? "[\"" : ",[\"");
	buf_put_address(b, &left->client);
	buf_put_text(b, "\",");
	buf_put_u64(b, requests);
	buf_put_char(b, ',');
	buf_put_u64(b, errors);
	buf_put_char(b, ',');
	buf_put_u64(b, own);
	buf_put_char(b, ']');
}

bool counts_put(struct buf *b, struct counts_client *left)
{
	while (left->requests > 0) {
		if (b->len + ELEMENT_BYTES_MAX + sizeof LINE_END > COUNTS_BYTES_MAX)
			return false;
		put_element(b, left);
	}
	return true;
}

void counts_end(struct buf *b)
{
	buf_put_text(b, LINE_END);
}
