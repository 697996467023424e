/* fuzz_state.c - reads any bytes as a state file. The file is refused with a reason, or anomstat
 * shows it in each of its forms, within the bounds of each form. An accepted state that is written
 * and read again is written as the same text.
 */
#include "core/show/screen.h"
#include "core/show/view.h"

#include "mutate_json.h"

static struct state state, again;
static char page[SCREEN_BYTES_MAX], first[STATE_BYTES_MAX];
/* ages of the state when it is shown: in the future, fresh, stale */
static const int64_t ages_ms[] = {-1000, 1000, 86400000};

/* The text may contain only printable ASCII and newlines. */
static void must_be_plain(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		FUZZ_HOLDS(b->data[i] == '\n' || (b->data[i] >= ' ' && b->data[i] <= '~'));
}

static void must_fit(const struct buf *b, size_t width, size_t height)
{
	size_t rows = 0, column = 0;

	for (size_t i = 0; i < b->len; i++) {
		bool ends = b->data[i] == '\n';
		rows += ends;
		column = ends ? 0 : column + 1;
		FUZZ_HOLDS(column <= width);
	}
	FUZZ_HOLDS(rows <= height);
}

static void show(struct instant now)
{
	static const size_t sizes[][2] = {{1, 1}, {40, 10}, {80, 22}, {200, 60}};
	struct address client = state.bans_n ? state.bans[0].client : (struct address){{0}, 0};
	struct buf b;

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		buf_init(&b, page, sizeof page);
		screen_render(&state, now,
			(struct screen_size){sizes[i][0], sizes[i][1], false, false, true}, &b);
		FUZZ_HOLDS(!b.full);
		must_be_plain(&b);
		must_fit(&b, sizes[i][0], sizes[i][1]);
	}
	static void (*const forms[])(const struct state *, struct instant, struct buf *) = {
		view_json, view_prometheus, view_html};
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		buf_init(&b, page, VIEW_BYTES_MAX);
		forms[i](&state, now, &b);
		FUZZ_HOLDS(!b.full);
		must_be_plain(&b);
	}
	buf_init(&b, page, VIEW_BYTES_MAX);
	FUZZ_HOLDS(view_check(&state, now, &b) < CHECK_UNKNOWN && !b.full);
	must_fit(&b, SIZE_MAX, 1);
	buf_init(&b, page, VIEW_BYTES_MAX);
	view_client(&state, now, &client, NULL, NULL, &b);
	FUZZ_HOLDS(!b.full);
	must_be_plain(&b);
}

static void write_twice(void)
{
	const char *why;
	struct buf b, same;

	buf_init(&b, first, sizeof first);
	state_write(&state, &b);
	FUZZ_HOLDS(!b.full && state_read(b.data, b.len, &again, &why));
	buf_init(&same, page, STATE_BYTES_MAX);
	state_write(&again, &same);
	FUZZ_HOLDS(same.len == b.len && memcmp(same.data, b.data, b.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	char *text = fuzz_exact(data, size);

	bool valid = state_read(text, size, &state, &why);
	free(text);
	FUZZ_HOLDS(valid == !why);
	if (!valid)
		return 0;
	for (size_t i = 0; i < sizeof ages_ms / sizeof ages_ms[0]; i++)
		show((struct instant){state.saved.ms + ages_ms[i]});
	write_twice();
	return 0;
}
