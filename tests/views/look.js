/* look.js - finds faults in the frames of page-fits.t and writes them to #seen: JSON with a member for each frame.
 * page-fits.t defines TEXT_PX, the smallest allowed font size. */
'use strict';

const GAP_PX = 1; /* boxes may overlap or stick out by this much, because of rounding */

function channels(colour) {
	return colour.match(/[\d.]+/g).map(Number);
}

/* The relative luminance as WCAG 2 defines it; the caller adds the 0.05 for stray light. */
function luminance(colour) {
	const [r, g, b] = channels(colour).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (light + 0.05) / (dark + 0.05);
}

/* Each text that is shown: {element, node, boxes}. */
function shownTexts(frame) {
	const walker = frame.document.createTreeWalker(frame.document.body, NodeFilter.SHOW_TEXT);
	const texts = [];
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const element = node.parentElement, range = frame.document.createRange();
		range.selectNodeContents(node);
		const boxes = [...range.getClientRects()].filter(box => box.width > 0);
		if (/\S/.test(node.data) && boxes.length && !element.closest('script,style,title'))
			texts.push({element, node, boxes});
	}
	return texts;
}

/* The scale of a drawing changes the size of its texts. */
function textSize(frame, element) {
	const scale = element.getScreenCTM ? Math.abs(element.getScreenCTM().d) : 1;
	const before = parseFloat(frame.getComputedStyle(element, '::before').fontSize);
	return Math.min(parseFloat(frame.getComputedStyle(element).fontSize), before) * scale;
}

function words(text) {
	return text.node.data.trim().slice(0, 40);
}

function findWide(frame, texts) {
	const root = frame.document.documentElement, wide = [];
	if (root.scrollWidth > root.clientWidth)
		wide.push(`the page: ${root.scrollWidth} > ${root.clientWidth}`);
	for (const text of texts) {
		const place = text.element.closest('td,th,p,h1,h2,section,div') || root;
		for (let e = text.element; e; e = e.parentElement) {
			const style = frame.getComputedStyle(e);
			if (e.clientWidth && e.scrollWidth > e.clientWidth + GAP_PX)
				wide.push(`${e.tagName} ${words(text)}: ${e.scrollWidth} > ${e.clientWidth}`);
			if (style.overflowX !== 'visible' && e !== root)
				wide.push(`${e.tagName} ${words(text)}: hides what is wider`);
		}
		for (const box of text.boxes) {
			const within = place.getBoundingClientRect();
			if (box.left < -GAP_PX || box.right > root.clientWidth + GAP_PX)
				wide.push(`${words(text)}: from ${box.left} to ${box.right}`);
			else if (box.right > within.right + GAP_PX || box.left < within.left - GAP_PX)
				wide.push(`${words(text)}: leaves ${place.tagName}`);
		}
	}
	return wide;
}

function findCovered(texts) {
	const covered = [], boxes = texts.flatMap(text => text.boxes.map(box => ({box, text})));
	boxes.sort((a, b) => a.box.top - b.box.top);
	boxes.forEach((a, i) => {
		for (let k = i + 1; k < boxes.length && boxes[k].box.top < a.box.bottom - GAP_PX; k++) {
			const b = boxes[k];
			if (a.box.left < b.box.right - GAP_PX && b.box.left < a.box.right - GAP_PX)
				covered.push(`${words(a.text)} / ${words(b.text)}`);
		}
	});
	return covered;
}

/* Finds bars that are grey or hardly differ from the background. Opacity is ignored. */
function findBlack(frame, background) {
	return [...frame.document.querySelectorAll('svg > rect')].map(bar => frame.getComputedStyle(bar).fill).filter(fill => {
		const seen = channels(fill);
		return Math.max(...seen) - Math.min(...seen) < 60 || contrast(fill, background) < 3;
	});
}

addEventListener('load', () => {
	const seen = {};
	for (const element of document.querySelectorAll('iframe')) {
		const frame = element.contentWindow, texts = shownTexts(frame);
		const background = frame.getComputedStyle(frame.document.body).backgroundColor;
		seen[element.name] = {
			background,
			dark: luminance(background) < 0.2,
			height: frame.document.body.getBoundingClientRect().bottom + 20,
			small: texts.filter(text => textSize(frame, text.element) < TEXT_PX).map(words),
			wide: findWide(frame, texts),
			covered: findCovered(texts),
			black: findBlack(frame, background),
		};
	}
	document.getElementById('seen').textContent = JSON.stringify(seen);
});
