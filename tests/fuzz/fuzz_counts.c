/* fuzz_counts.c - parses any bytes as a line of counts. Either the line is rejected for one reason,
 * or its elements are in their ranges and cJSON finds the same elements. The bytes in memory after
 * the line do not change the result. */
#include "core/record/counts_read.h"

#include "mutate_json.h"

static struct counts_line read, again;

static void check_ranges(const struct counts_line *c)
{
	FUZZ_HOLDS(counts_is_origin(c->origin, strlen(c->origin)));
	FUZZ_HOLDS(c->run >= 1 && c->run <= UINT64_C(1) << 53);
	FUZZ_HOLDS(c->seq >= 1 && c->seq <= UINT64_C(1) << 53);
	FUZZ_HOLDS(c->elements_n <= COUNTS_ELEMENTS_MAX);
	FUZZ_HOLDS(!c->heartbeat || c->elements_n + c->bad_clients + c->bad_counts == 0);
	for (size_t i = 0; i < c->elements_n; i++) {
		const struct counts_element *e = &c->elements[i];
		FUZZ_HOLDS(e->requests >= 1 && e->requests <= COUNTS_REQUESTS_MAX);
		FUZZ_HOLDS(e->errors <= e->requests && e->own <= e->errors);
	}
}

static void check_number(const cJSON *object, const char *name, uint64_t v)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);

	FUZZ_HOLDS(cJSON_IsNumber(number) && number->valuedouble == (double)v);
}

/* Each element of the line is counted once, and each accepted element has the line's values. */
static void check_elements(const cJSON *counts, const struct counts_line *c)
{
	const cJSON *element;
	size_t n = 0, good = 0;

	FUZZ_HOLDS(cJSON_IsArray(counts));
	cJSON_ArrayForEach(element, counts)
	{
		const cJSON *client = cJSON_GetArrayItem(element, 0);
		const cJSON *requests = cJSON_GetArrayItem(element, 1);
		struct address address;
		n++;
		if (good == c->elements_n || !cJSON_IsString(client) || !cJSON_IsNumber(requests) ||
			!address_parse_prefix(
				client->valuestring, strlen(client->valuestring), &address) ||
			!address_equal(&address, &c->elements[good].client) ||
			requests->valuedouble != c->elements[good].requests)
			continue;
		good++;
	}
	FUZZ_HOLDS(good == c->elements_n);
	FUZZ_HOLDS(n == c->elements_n + c->bad_clients + c->bad_counts);
}

/* If the whole line is a JSON object without escapes for cJSON, cJSON finds the same values. */
static void compare(const char *line, size_t len, const struct counts_line *c)
{
	cJSON *object = cJSON_ParseWithLength(line, len);
	const cJSON *origin = cJSON_GetObjectItemCaseSensitive(object, "origin");

	if (object && !memchr(line, '\\', len) && cJSON_HasObjectItem(object, "event")) {
		check_number(object, "run", c->run);
		check_number(object, "seq", c->seq);
		FUZZ_HOLDS(cJSON_IsString(origin) && strcmp(origin->valuestring, c->origin) == 0);
		check_elements(cJSON_GetObjectItemCaseSensitive(object, "counts"), c);
	}
	cJSON_Delete(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *line = fuzz_exact(data, len), *behind = fuzz_followed(data, len, ",[\"::\",1,0,0]]}");
	struct counters counters = {0};
	enum counts_reason reason = counts_read(line, len, false, &read);

	FUZZ_HOLDS((reason == COUNTS_OK) == !counts_counter(&counters, reason));
	FUZZ_HOLDS(counts_read(behind, len, false, &again) == reason);
	FUZZ_HOLDS(counts_read(line, len, true, &again) != COUNTS_OK);
	if (reason == COUNTS_OK) {
		check_ranges(&read);
		if (len > 0 && line[0] == '{')
			compare(line, len, &read);
	}
	free(behind);
	free(line);
	return 0;
}
