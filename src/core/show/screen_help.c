/* screen_help.c - see screen_help.h. The words are first laid out in rows, and the rows then fill
 * columns and pages. So a terminal of any size can show all words. */
#include "core/show/screen_help.h"

#include <stdio.h>
#include <string.h>

#include "core/show/text_page.h"

#define LENGTH(a)     (sizeof(a) / sizeof *(a))
#define COLUMN_MIN    48 /* minimum width of a column of words */
#define COLUMN_GAP    3
#define COLUMNS_MAX   4
#define WIDTH_MIN     24 /* minimum width of a row; a narrower terminal cuts the row */
#define INDENT_WIDE   16 /* column of the meanings: "visit_requests" and two blanks */
#define INDENT_NARROW 10
#define WIDE          60 /* terminals from this width on have INDENT_WIDE */
#define WORD_GAP      2
#define MEANING_MIN   10 /* columns; with less room, the meaning begins in the next row */
#define AROUND_ROWS   2  /* rows for the heading and the hint */
#define ROWS_MAX      1000

static const struct screen_help_word words[] = {
	{"?, q", "?: help, next page; q: end"},
	{"nth", "this is the client's nth ban"},
	{"lim%", "percent of its limits that the client has reached in 60 s"},
	{"z", "number of standard deviations from mean to now"},
	{"cold", "the limits are not learned yet, because visits are too few"},
	{"Ctrl-C, Ctrl-Z", "end; suspend until the shell's command fg"},
	{"learned", "the limits were learned from this number of visits"},
	{"req, err", "requests; errors: answers with a status from 400 to 599"},
	{"RUNNING", "the state is fresh"},
	{"STALE", "the state is old: anomdetect has died, hangs or cannot write"},
	{"STOPPED", "anomdetect has ended normally; this is its last state"},
	{"replay", "anomdetect reads an old log, whose times are the clock"},
	{"site normal", "neither requests nor errors of the site are above the alarm"},
	{"ABNORMAL", "requests or errors of the site are above the alarm"},
	{"warming up", "too little of the site's traffic was read to judge the site"},
	{"LEARNING", "for this time, only the worst clients are banned"},
	{"SWARM", "many clients flood the site together, or did just now"},
	{"SITE FAILING", "the site itself fails: errors do not count against clients"},
	{"PAGES FAILING", "some pages fail: bursts of errors do not count against clients"},
	{"NO REQUEST", "no request is read; the line 'input:' gives details"},
	{"LINES REJECTED", "most lines are not requests; the line 'input:' gives details"},
	{"LINES LATE", "most lines arrive over a minute late and are not judged"},
	{"NO STATUS", "most lines have no status, so errors are not counted"},
	{"in force", "the firewall has the bans"},
	{"not enforced", "bans are only reported: a replay, or a run without --ban"},
	{"NOT IN FORCE", "bans may have no effect; the line 'bans:' gives the reason"},
	{"up, ran", "for how long anomdetect has run, or ran"},
	{"state", "age of the state"},
	{"lag", "how far the time of the newest line is behind the clock"},
	{"lines/s", "lines that anomdetect reads per second"},
	{"cpu", "CPU time, in percent of one core"},
	{"MiB", "memory of anomdetect, in units of 1,048,576 bytes"},
	{"d h m s", "days, hours, minutes, seconds"},
	{"k M G", "thousands, millions, billions"},
	{"now", "mean rate per second of the last 60 s"},
	{"mean, stddev", "baseline: the usual rate per second and its standard deviation"},
	{"alarm", "a higher rate per second causes an alert"},
	{"peak", "highest rate per second of the last 30 minutes"},
	{"baseline",
		"source of mean and stddev: the recent 30 minutes, or this hour of earlier days"},
	{"floor", "lowest baseline, used while traffic is lower than this"},
	{"limits/60s", "the limits of one client: requests and errors in 60 s"},
	{"a visit", "the limits of a visit: requests of one client with no gap over 60 s"},
	{"24 h, UTC", "mean requests per second in each hour of the day; a dot: unknown"},
	{"HOSTS", "hosts that send counts; lag: the age of a host's newest line"},
	{"TOP OF",
		"clients with the most requests; the number is that of all clients active in 60 s"},
	{"held", "a rule matched, but the client is allowed or the ban is held back"},
	{"BANNED", "number of banned clients, and the newest bans"},
	{"left", "remaining time of the ban"},
	{"permanent", "the ban does not expire; anomban can lift it"},
	{"ended", "the ban expired after this state was written"},
	{"rule", "the detection rules that banned the client"},
	{"by hand or by others", "a person or another program banned the client"},
	{"!", "the firewall lacks this ban"},
	{"+2", "after a detection rule: two more rules matched, without room for their names"},
	{"request", "the request by which the client crossed the limit"},
	{"requests", "rule: too many requests in 60 s"},
	{"errors", "rule: too many errors in 60 s"},
	{"visit_requests", "rule: too many requests in one visit"},
	{"visit_errors", "rule: too many errors in one visit"},
	{"swarm", "rule: the client is one of many that flood the site together"},
	{"visit_swarm",
		"rule: the client is one of many that flood the site slowly, in long visits"},
	{"zscore", "rule: the rate is too many standard deviations above the mean"},
	{"multiplier", "rule: the rate is too many times the mean"},
	{"probes", "rule: the client failed on many different paths that the site never served"},
	{"bait", "rule: the client failed on paths that clients of other networks failed on "
		 "before"},
	{"repeats", "rule: the client wrote to one path again and again, as password guessers do"},
	{"slow_errors", "rule: nearly all requests of the client in 24 hours failed"},
	{"EVENTS", "the newest events; ban +3: three more bans followed within a minute"},
	{"(rates alone)", "not permanent: only the client's number of requests was too high"},
	{"(paths alone)", "not permanent: only the paths of its requests count against it"},
	{"on parole", "a ban ended less than 24 h ago: a fifth of the limits applies"},
	{"COUNTERS", "counters since the start, losses first; anomdetect(5) explains them"},
	{"...", "there is no room for the remaining entries"},
};

const struct screen_help_word *screen_help_words(size_t *n)
{
	*n = LENGTH(words);
	return words;
}

/* One row of the help: a part of a word's meaning. The first row of a word also contains the word
 * itself. */
struct row {
	const char *word; /* "": this is not the first row of the word */
	const char *text;
	size_t len;
};

struct layout {
	struct row rows[ROWS_MAX];
	size_t n;
	size_t width; /* of a column */
	size_t columns, indent;
	size_t height; /* of a column */
};

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void add_row(struct layout *l, const char *word, const char *text, size_t len)
{
	if (l->n < ROWS_MAX)
		l->rows[l->n++] = (struct row){word, text, len};
}

/* Number of bytes of `text` that fit into `room` columns. A word is split only if it is the first
 * word and does not fit. */
static size_t fit_words(const char *text, size_t room)
{
	size_t len = strlen(text), end = 0;

	if (len <= room)
		return len;
	for (size_t i = 0; i <= room; i++)
		if (text[i] == ' ')
			end = i;
	return end ? end : room;
}

/* The column where the meaning begins in the first row of its word. */
static size_t meaning_column(const struct layout *l, const char *word)
{
	return max_size(l->indent, *word ? strlen(word) + WORD_GAP : 0);
}

static void add_word(struct layout *l, const struct screen_help_word *w)
{
	const char *word = w->word, *text = w->meaning;

	if (meaning_column(l, word) + MEANING_MIN > l->width) {
		add_row(l, word, "", 0);
		word = "";
	}
	while (*text) {
		size_t len = fit_words(text, l->width - meaning_column(l, word));
		add_row(l, word, text, len);
		word = "";
		text += len;
		text += strspn(text, " ");
	}
}

static void lay_out(struct layout *l, struct screen_size size)
{
	size_t columns =
		min_size((size.width + COLUMN_GAP) / (COLUMN_MIN + COLUMN_GAP), COLUMNS_MAX);

	l->n = 0;
	l->columns = max_size(columns, 1);
	l->width = max_size((size.width + COLUMN_GAP) / l->columns - COLUMN_GAP, WIDTH_MIN);
	l->indent = size.width < WIDE ? INDENT_NARROW : INDENT_WIDE;
	for (size_t i = 0; i < LENGTH(words); i++)
		add_word(l, &words[i]);
	l->height = size.height > AROUND_ROWS ? size.height - AROUND_ROWS : 1;
	if (size.height == 0 || l->n <= l->height * l->columns) /* all fit on one page: make
								 * the columns equally high */
		l->height = (l->n + l->columns - 1) / l->columns;
}

static size_t pages_of(const struct layout *l)
{
	return (l->n + l->height * l->columns - 1) / (l->height * l->columns);
}

size_t screen_help_pages(struct screen_size size)
{
	struct layout l;

	lay_out(&l, size);
	return pages_of(&l);
}

static void put_row(struct text_page *p, const struct layout *l, const struct row *r)
{
	size_t left = p->column;
	char text[128];

	text_page_put_styled(p, TEXT_HEAD, r->word);
	text_page_move_to(p, left + meaning_column(l, r->word));
	snprintf(text, sizeof text, "%.*s", (int)r->len, r->text);
	text_page_put(p, text);
}

void screen_help_render(struct screen_size size, size_t page, struct buf *out)
{
	struct layout l;
	struct text_page p;
	char text[64];

	lay_out(&l, size);
	size_t pages = pages_of(&l);
	page = max_size(min_size(page, pages), 1);
	text_page_init(&p, out, min_size(size.width, SCREEN_WIDTH_MAX), size.height);
	p.colour = size.colour;
	text_page_put_styled(&p, TEXT_HEAD, "anomstat: keys and words");
	if (pages > 1) {
		snprintf(text, sizeof text, "%zu of %zu", page, pages);
		text_page_put_piece(&p, text);
	}
	text_page_end_row(&p);
	for (size_t y = 0; y < l.height; y++) {
		for (size_t x = 0; x < l.columns; x++) {
			size_t i = ((page - 1) * l.columns + x) * l.height + y;
			text_page_move_to(&p, x * (l.width + COLUMN_GAP));
			if (i < l.n)
				put_row(&p, &l, &l.rows[i]);
		}
		text_page_end_row(&p);
	}
	text_page_set_style(&p, TEXT_LABEL);
	text_page_put(&p, page < pages ? "?: next page  any other key: back" : "any key: back");
	text_page_end_row(&p);
}
