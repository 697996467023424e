/* agents.c - words_agent of words.h: user agents of 0 to 350 bytes, composed of parts. */
#include "bench/site/words.h"

static const char *const computers[] = {"Windows NT 10.0; Win64; x64",
	"Windows NT 10.0; Win64; x64", "Windows NT 10.0; Win64; x64",
	"Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "X11; CrOS x86_64 14541.0.0"};

static const char *const phones[] = {"K", "K", "K", "SM-S918B", "SM-A546B Build/UP1A.231005.007",
	"Pixel 8 Pro", "Redmi Note 12 Pro 5G Build/TKQ1.221114.001", "moto g(30)",
	"V2203 Build/SP1A.210812.003", "ELS-NX9"};

static void put_decimal(struct text *t, uint32_t major, uint32_t minor)
{
	text_number(t, major);
	text_char(t, '.');
	text_number(t, minor);
}

/* Seven of eight browsers have one of the newest three versions. */
static uint32_t chrome_version(struct draw *d)
{
	return draw_one_in(d, 8) ? draw_from(d, 74, 130) : draw_from(d, 139, 141);
}

static void put_chrome(struct text *t, struct draw *d)
{
	bool phone = draw_one_in(d, 2);

	text_put(t, "Mozilla/5.0 (");
	if (phone) {
		text_put(t, "Linux; Android ");
		text_number(t, draw_from(d, 9, 15));
		text_put(t, "; ");
		text_put(t, DRAW_ONE_OF(d, phones));
	} else {
		text_put(t, DRAW_ONE_OF(d, computers));
	}
	text_put(t, ") AppleWebKit/537.36 (KHTML, like Gecko) ");
	if (phone && draw_one_in(d, 6))
		text_put(t, "SamsungBrowser/28.0 ");
	text_put(t, "Chrome/");
	text_number(t, chrome_version(d));
	text_put(t, ".0.");
	if (draw_one_in(d, 5)) {
		uint32_t build = draw_from(d, 4000, 7400);
		put_decimal(t, build, draw_below(d, 200));
	} else {
		text_put(t, "0.0");
	}
	text_put(t, phone ? " Mobile Safari/537.36" : " Safari/537.36");
	if (!phone && draw_one_in(d, 4)) {
		text_put(t, draw_one_in(d, 3) ? " OPR/" : " Edg/");
		text_number(t, draw_from(d, 110, 141));
		text_put(t, ".0.0.0");
	}
}

static void put_safari(struct text *t, struct draw *d)
{
	uint32_t major = draw_from(d, 15, 18);
	uint32_t minor = draw_below(d, 7);

	if (draw_one_in(d, 4)) {
		text_put(t, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
			    "(KHTML, like Gecko) Version/");
		put_decimal(t, major, minor);
		text_put(t, " Safari/605.1.15");
		return;
	}
	text_put(t, draw_one_in(d, 8) ? "Mozilla/5.0 (iPad; CPU OS "
				      : "Mozilla/5.0 (iPhone; CPU iPhone OS ");
	text_number(t, major);
	text_char(t, '_');
	text_number(t, minor);
	text_put(t, " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ");
	if (draw_one_in(d, 4)) {
		text_put(t, "Mobile/15E148 [FBAN/FBIOS;FBAV/480.0.0.28.109;FBBV/");
		text_number(t, draw_from(d, 500000000, 700000000));
		text_put(t, ";FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/");
		put_decimal(t, major, minor);
		text_put(t, ";FBSS/3;FBID/phone;FBLC/de_DE;FBOP/5;FBRV/0;IABMV/1]");
		return;
	}
	text_put(t, "Version/");
	put_decimal(t, major, minor);
	text_put(t, " Mobile/15E148 Safari/604.1");
}

static void put_firefox(struct text *t, struct draw *d)
{
	uint32_t version = draw_one_in(d, 4) ? draw_from(d, 52, 128) : draw_from(d, 140, 144);

	text_put(t, "Mozilla/5.0 (");
	text_put(t, draw_one_in(d, 4) ? "Android 14; Mobile" : DRAW_ONE_OF(d, computers));
	text_put(t, "; rv:");
	put_decimal(t, version, 0);
	text_put(t, ") Gecko/20100101 Firefox/");
	put_decimal(t, version, 0);
}

/* Names that users have changed, and names of old programs. */
static void put_odd(struct text *t, struct draw *d)
{
	static const char *const odd[] = {"", "", "-", "Mozilla/5.0",
		"\"Mozilla/5.0 (Windows NT 6.1)\"",
		"Mozilla/5.0 (compatible; Konqueror/4.5; FreeBSD) KHTML/4.5.4 (like Gecko)",
		"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2)",
		"J\u00fcrgens Browser \\o/ 1.0",
		"\u041c\u043e\u0439 \u0431\u0440\u0430\u0443\u0437\u0435\u0440/2.1",
		"Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.1"};

	text_put(t, DRAW_ONE_OF(d, odd));
}

static void put_browser(struct text *t, struct draw *d)
{
	uint32_t kind = draw_below(d, 100);

	if (kind < 62)
		put_chrome(t, d);
	else if (kind < 86)
		put_safari(t, d);
	else if (kind < 97)
		put_firefox(t, d);
	else
		put_odd(t, d);
}

void words_agent(struct text *t, struct draw *d, enum words_agent kind)
{
	static const char *const crawlers[] = {
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		("Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 "
		 "(KHTML, like Gecko) Chrome/141.0.7390.122 Mobile Safari/537.36 "
		 "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
		("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
		 "+http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36"),
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
		 "+https://openai.com/gptbot)"),
		"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"};
	static const char *const feeds[] = {
		"Feedly/1.0 (+http://www.feedly.com/fetcher.html; 14 subscribers)",
		"FreshRSS/1.24.1 (Linux; https://freshrss.org)",
		"Tiny Tiny RSS/24.03 (https://tt-rss.org/)"};
	static const char *const apps[] = {"okhttp/4.12.0", "okhttp/3.14.9",
		"ExampleShop/7.31.0 (com.example.shop; build:2203; iOS 18.0.1) Alamofire/5.8.1",
		"ExampleShop/2203 CFNetwork/1568.100.1 Darwin/24.0.0",
		"Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)"};
	static const char *const scanners[] = {"python-requests/2.31.0", "Go-http-client/1.1",
		"curl/7.88.1", "Mozilla/5.0 zgrab/0.x", "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
		("Expanse, a Palo Alto Networks company, searches across the global IPv4 space "
		 "multiple times per day to identify customers&#39; presences on the Internet.")};

	switch (kind) {
	case WORDS_CRAWLER:
		text_put(t, DRAW_ONE_OF(d, crawlers));
		break;
	case WORDS_MONITOR:
		text_put(t, "Mozilla/5.0+(compatible; UptimeRobot/2.0)");
		break;
	case WORDS_FEED:
		text_put(t, DRAW_ONE_OF(d, feeds));
		break;
	case WORDS_APP:
		text_put(t, DRAW_ONE_OF(d, apps));
		break;
	case WORDS_SCANNER:
		text_put(t, DRAW_ONE_OF(d, scanners));
		break;
	case WORDS_BROWSER:
		put_browser(t, d);
		break;
	}
}
