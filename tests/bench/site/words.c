/* words.c - see words.h. Languages and lengths are as in real logs of 2025. */
#include "bench/site/words.h"

#define SITE_SEED 20261109

static const char *const words[] = {"garden", "kitchen", "winter", "guide", "how", "to", "the",
	"best", "of", "stainless", "steel", "oak", "chair", "table", "lamp", "wireless", "outdoor",
	"kids", "vintage", "review", "beginners", "2025", "2026", "repair", "paint", "water",
	"solar", "battery", "coffee", "espresso", "machine", "filter", "replacement", "parts",
	"set", "4-piece", "large", "small", "blue", "green", "ratgeber", "garten", "holz", "kueche",
	"fr", "jardin", "cuisine", "maison", "cadeau", "ideas", "under", "50", "versus", "which",
	"is", "better", "and", "why", "it", "matters", "for", "your", "home", "office"};

/* Words as browsers send them. The last two are not escaped: other clients send such bytes. */
static const char *const foreign[] = {"k%C3%BCche", "caf%C3%A9", "m%C3%B6bel", "%E6%A4%85%E5%AD%90",
	"%D1%81%D1%82%D1%83%D0%BB", "d%C3%A9coration-int%C3%A9rieure", "gew\u00fcrze", "\u7a93"};

static const char *const sections[] = {"blog", "magazine", "products", "shop", "de/ratgeber",
	"fr/conseils", "help/articles", "news"};

static const char *const tops[] = {"/", "/login", "/cart", "/search", "/about", "/contact",
	"/account/orders", "/robots.txt", "/sitemap.xml", "/feed.xml", "/de/", "/fr/", "/checkout",
	"/terms", "/privacy", "/jobs"};

#define TOPS (sizeof tops / sizeof *tops)

static void put_slug(struct text *t, struct draw *d, uint32_t words_n)
{
	for (uint32_t i = 0; i < words_n; i++) {
		if (i)
			text_char(t, '-');
		text_put(t, draw_one_in(d, 24) ? DRAW_ONE_OF(d, foreign) : DRAW_ONE_OF(d, words));
	}
}

void words_page(struct text *t, uint32_t page)
{
	struct draw d = draw_of(SITE_SEED, page);

	if (page < TOPS) {
		text_put(t, tops[page]);
		return;
	}
	text_char(t, '/');
	text_put(t, DRAW_ONE_OF(&d, sections));
	text_char(t, '/');
	if (draw_one_in(&d, 3)) {
		text_number(t, draw_from(&d, 2009, 2026));
		text_char(t, '/');
		text_padded(t, draw_from(&d, 1, 12), 2);
		text_char(t, '/');
	} else if (draw_one_in(&d, 2)) {
		put_slug(t, &d, draw_from(&d, 1, 2));
		text_char(t, '/');
	}
	if (draw_one_in(&d, 2)) {
		text_number(t, draw_from(&d, 1000, 9999999));
		text_char(t, '-');
	}
	put_slug(t, &d, draw_from(&d, 1, draw_one_in(&d, 12) ? 18 : 8));
	text_put(t, draw_one_in(&d, 4) ? ".html" : draw_one_in(&d, 3) ? "/" : "");
}

void words_asset(struct text *t, uint32_t asset)
{
	static const char *const names[] = {"main", "runtime", "chunk-vendors", "polyfills",
		"theme", "cart", "checkout", "product-page", "fonts", "consent-banner"};
	static const char *const images[] = {"webp", "jpg", "png", "avif", "svg"};
	struct draw d = draw_of(SITE_SEED + 1, asset);

	if (asset == 0) {
		text_put(t, "/favicon.ico");
	} else if (asset < 24) { /* these files are on each page */
		text_put(t, draw_one_in(&d, 2) ? "/assets/js/" : "/_next/static/chunks/");
		text_put(t, DRAW_ONE_OF(&d, names));
		text_char(t, '.');
		text_hex(t, draw_next(&d), asset % 2 ? 8 : 16);
		text_put(t, draw_one_in(&d, 3) ? ".css" : ".js");
	} else if (asset < 30) {
		text_put(t, "/assets/fonts/inter-v13-latin-");
		text_number(t, 100 * asset - 2300);
		text_put(t, ".woff2");
	} else {
		text_put(t, "/media/catalog/");
		text_hex(t, draw_next(&d), 2);
		text_char(t, '/');
		text_number(t, 100u << draw_below(&d, 4));
		text_put(t, "x/");
		put_slug(t, &d, draw_from(&d, 1, 6));
		text_char(t, '.');
		text_put(t, DRAW_ONE_OF(&d, images));
	}
}

static void put_uuid(struct text *t, struct draw *d)
{
	text_hex(t, draw_next(d), 8);
	text_char(t, '-');
	for (int i = 0; i < 3; i++) {
		text_hex(t, draw_next(d), 4);
		text_char(t, '-');
	}
	text_hex(t, draw_next(d), 12);
}

void words_api(struct text *t, struct draw *d)
{
	static const char *const calls[] = {
		"cart", "session", "stock", "recommendations", "events", "v2/prices"};

	text_put(t, "/api/");
	text_put(t, DRAW_ONE_OF(d, calls));
	if (draw_one_in(d, 3)) {
		text_char(t, '/');
		if (draw_one_in(d, 2))
			put_uuid(t, d);
		else
			text_number(t, draw_from(d, 100000, 8000000));
	}
	if (draw_one_in(d, 2)) {
		text_put(t, "?_=");
		text_number(t, 1795341600000 + draw_below(d, 1u << 30));
	}
}

void words_probe(struct text *t, struct draw *d)
{
	static const char *const probes[] = {"/wp-login.php", "/.env", "/.git/config",
		"/xmlrpc.php", "/phpmyadmin/index.php",
		"/wp-content/plugins/wp-file-manager/readme.txt",
		"/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh",
		"/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/admin/config.php",
		"/backup.zip", "/..\\..\\..\\windows\\win.ini",
		"/?s=/index/\\think\\app/invokefunction&function=phpinfo",
		"/owa/auth/x.js?q=\"><script>alert(1)</script>", "/solr/admin/info/system?wt=json",
		"/actuator/health", "/wp-json/wp/v2/users", "/sellers.json", "/ads.txt"};

	text_put(t, DRAW_ONE_OF(d, probes));
	if (draw_one_in(d, 6)) {
		text_put(t, "?x=");
		text_hex(t, draw_next(d), 12);
	}
}

/* ---- queries ---- */

/* "&", a name and a token of `len` characters, as advertisements and logins append them. */
static void put_token(struct text *t, struct draw *d, const char *name, uint32_t len)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	text_char(t, '&');
	text_put(t, name);
	text_char(t, '=');
	for (uint32_t i = 0; i < len; i++)
		text_char(t, set[draw_below(d, 64)]);
}

static void put_search(struct text *t, struct draw *d)
{
	text_put(t, "?q=");
	for (uint32_t i = 0, n = draw_from(d, 1, 5); i < n; i++) {
		if (i)
			text_char(t, '+');
		text_put(t, draw_one_in(d, 8) ? DRAW_ONE_OF(d, foreign) : DRAW_ONE_OF(d, words));
	}
	if (draw_one_in(d, 40))
		text_put(t, "+\"size-4\"+<b>");
	if (draw_one_in(d, 2)) {
		text_put(t, "&page=");
		text_number(t, draw_from(d, 2, 40));
		text_put(t, "&sort=price_asc");
	}
}

void words_query(struct text *t, struct draw *d)
{
	uint32_t kind = draw_below(d, 100);

	if (kind < 70)
		return;
	if (kind < 80) {
		put_search(t, d);
	} else if (kind < 90) {
		text_put(t, draw_one_in(d, 2) ? "?page=" : "?variant=");
		text_number(t, draw_ranked(d, 16) + 1);
	} else if (kind < 99) {
		text_put(t, "?utm_source=newsletter&utm_medium=email&utm_campaign=");
		put_slug(t, d, draw_from(d, 2, 5));
		put_token(t, d, kind % 2 ? "gclid" : "fbclid", draw_from(d, 56, 120));
	} else {
		text_put(t, "?SAMLRequest=1");
		put_token(t, d, "RelayState", draw_wide(d, 150, 4));
	}
}

void words_referer(struct text *t, struct draw *d)
{
	static const char *const others[] = {"https://www.google.com/", "https://www.google.com/",
		"https://www.google.com/", "https://www.google.de/", "https://duckduckgo.com/",
		"https://t.co/", "https://www.bing.com/", "https://m.facebook.com/",
		"https://l.instagram.com/",
		"android-app://com.google.android.googlequicksearchbox/", "https://yandex.ru/",
		"https://www.ecosia.org/", "https://news.ycombinator.com/item?id=41234567"};
	uint32_t kind = draw_below(d, 10);

	if (kind < 4)
		return;
	if (kind < 8) {
		text_put(t, DRAW_ONE_OF(d, others));
		if (draw_one_in(d, 8))
			text_hex(t, draw_next(d), 10);
	} else if (kind == 8) {
		text_put(t, draw_one_in(d, 2) ? "https://www.bing.com/search"
					      : "https://www.baidu.com/s");
		put_search(t, d);
		put_token(t, d, "form", 4);
	} else {
		text_put(t, "https://l.facebook.com/l.php?u=https%3A%2F%2F" WORDS_HOST "%2F");
		put_slug(t, d, draw_from(d, 1, 4));
		put_token(t, d, "h", draw_from(d, 60, 200));
	}
}

void words_language(struct text *t, struct draw *d)
{
	static const char *const languages[] = {"en-US,en;q=0.9", "en-GB,en-US;q=0.9,en;q=0.8",
		"de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de", "fr-FR,fr;q=0.8,en-US;q=0.5,en;q=0.3",
		"zh-CN,zh;q=0.9", "en-US,en;q=0.5", "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7"};

	text_put(t, DRAW_ONE_OF(d, languages));
}
