/* mutate_json.h - a mutator for targets that read JSON. It changes values of a real file, so nearly
 * all mutations pass the syntax check and reach the checks of values. One mutation in four changes
 * bytes, as libFuzzer does without this header. The source file of a target includes this
 * header. */
#ifndef FUZZ_MUTATE_JSON_H
#define FUZZ_MUTATE_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "mutate.h"

/* maximum bytes of a word in a string, such as an address or a number of 20 digits */
#define MUTATE_WORD_MAX 40

/* The next item after `item`, if children come before siblings; NULL: `item` was the last one. */
static cJSON *mutate_next(cJSON *root, cJSON *item, cJSON **above, size_t *depth)
{
	enum { DEPTH = 32 };

	if (item->child && *depth < DEPTH) {
		above[(*depth)++] = item;
		return item->child;
	}
	while (item != root && !item->next)
		item = above[--*depth];
	return item == root ? NULL : item->next;
}

/* The n-th item of the tree. *count: the number of all items. */
static cJSON *mutate_item(cJSON *root, size_t n, size_t *count)
{
	cJSON *above[33], *found = NULL;
	size_t depth = 0;

	*count = 0;
	for (cJSON *item = root; item; item = mutate_next(root, item, above, &depth))
		if ((*count)++ == n)
			found = item;
	return found;
}

static double mutate_number(double old)
{
	static const double edges[] = {0, 1, -1, 0.5, 255, 256, 65535, 65536, 2147483647,
		4294967295.0, 4294967296.0, 9007199254740991.0, 9007199254740992.0,
		18446744073709551615.0, 253402300799.0, 253402300799999.0, 1e12, 1e15, 1e308, 1e-9};
	size_t k = mutate_below(sizeof edges / sizeof *edges + 4);

	return k < sizeof edges / sizeof *edges ? edges[k]
	       : k % 4 == 0                     ? old + 1
	       : k % 4 == 1                     ? old - 1
	       : k % 4 == 2                     ? old * 2
						: old / 2;
}

static const char *mutate_word(void)
{
	static const char *const words[] = {"0", "1", "255", "256", "65535", "65536", "4294967295",
		"4294967296", "253402300799999", "253402300800000", "9223372036854775807",
		"18446744073709551615", "18446744073709551616", "01", "-1", "", "active", "over",
		"muted", "enforced", "refused", "temporary", "paroled", "struck", "::/0",
		"0.0.0.0/0", "10.0.0.0/8", "192.0.2.1", "2001:db8::/64", "::ffff:192.0.2.1",
		"::ffff:0:0/96", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.999+23:59",
		"1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2026-02-29T24:60:61Z", "live",
		"replay", "ban", "unban"};

	return words[mutate_below(sizeof words / sizeof *words)];
}

/* Replaces, removes or doubles one word of the text, in which blanks separate words. */
static void mutate_text(cJSON *item)
{
	const char *old = item->valuestring, *at = old;
	size_t words = 1, len = strlen(old);
	char *text = cJSON_malloc(len + 2 * MUTATE_WORD_MAX + 2);

	if (!text)
		return;
	for (const char *s = old; *s; s++)
		words += *s == ' ';
	for (size_t k = mutate_below(words); k; k--)
		at = strchr(at, ' ') + 1;
	size_t before = (size_t)(at - old), word = strcspn(at, " ");
	switch (word > MUTATE_WORD_MAX ? 0 : mutate_below(4)) {
	case 0:
	case 1:
		sprintf(text, "%.*s%s%s", (int)before, old, mutate_word(), at + word);
		break;
	case 2:
		sprintf(text, "%.*s%s", (int)before, old, at + word + (at[word] == ' '));
		break;
	default:
		sprintf(text, "%.*s%.*s %s", (int)before, old, (int)word, at, at);
	}
	cJSON_free(item->valuestring);
	item->valuestring = text;
}

/* Removes one child, doubles this child, moves it to the front, or removes all children before
 * it. */
static void mutate_children(cJSON *item)
{
	int n = cJSON_GetArraySize(item);
	cJSON *child = n ? cJSON_GetArrayItem(item, (int)mutate_below((size_t)n)) : NULL;

	if (!child)
		return;
	switch (mutate_below(4)) {
	case 0:
		cJSON_Delete(cJSON_DetachItemViaPointer(item, child));
		break;
	case 1:
		child = cJSON_Duplicate(child, true);
		if (cJSON_IsArray(item) || !child->string)
			cJSON_AddItemToArray(item, child);
		else
			cJSON_AddItemToObject(item, child->string, child);
		break;
	case 2:
		child = cJSON_DetachItemViaPointer(item, child);
		cJSON_InsertItemInArray(item, 0, child);
		break;
	default:
		while (item->child != child) /* remove all children before it */
			cJSON_Delete(cJSON_DetachItemViaPointer(item, item->child));
	}
}

static void mutate_value(cJSON *item)
{
	if (cJSON_IsNumber(item))
		cJSON_SetNumberHelper(item, mutate_number(item->valuedouble));
	else if (cJSON_IsString(item))
		mutate_text(item);
	else if (item->child)
		mutate_children(item);
	else if (!(item->type & (cJSON_Array | cJSON_Object)))
		item->type = mutate_below(2) ? cJSON_True : cJSON_NULL;
}

/* Writes the tree with one to four changed values. Returns the length; 0: it does not fit. */
static size_t mutate_tree(cJSON *root, uint8_t *data, size_t max)
{
	size_t count, len = 0;

	(void)mutate_item(root, 0, &count);
	for (size_t changes = 1 + mutate_below(4); changes; changes--) {
		cJSON *item = mutate_item(root, mutate_below(count), &count);
		if (item)
			mutate_value(item);
	}
	char *text = cJSON_PrintUnformatted(root);
	if (text && strlen(text) + 1 <= max) {
		len = strlen(text);
		memcpy(data, text, len);
		data[len++] = '\n';
	}
	cJSON_free(text);
	return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	mutate_begin(seed);
	cJSON *root = mutate_below(4) ? cJSON_ParseWithLength((const char *)data, size) : NULL;
	size_t len = root ? mutate_tree(root, data, max) : 0;

	cJSON_Delete(root);
	return len ? len : LLVMFuzzerMutate(data, size, max);
}

#endif
