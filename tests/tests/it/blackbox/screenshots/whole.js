// What is wrong with the page as it stands, as a list of texts. Run in the page, which has no script of its own.
const faults = [];
const html = document.documentElement;
const all = selector => [...document.querySelectorAll(selector)];
const name = element => `${element.localName}${element.id && '#' + element.id} "${element.textContent.trim().slice(0, 40)}"`;

if (html.scrollWidth > html.clientWidth) faults.push(`wider than the window: ${html.scrollWidth} > ${html.clientWidth}`);
for (const only of ['h1', 'main', 'title']) {
    const found = all(only);
    if (found.length != 1 || !found[0].textContent.trim()) faults.push(`${found.length} × ${only}, or empty`);
}
const ids = all('[id]').map(element => element.id);
if (new Set(ids).size != ids.length) faults.push(`an id is there twice: ${ids}`);
for (const element of all('[aria-describedby], [aria-labelledby]'))
    for (const id of `${element.getAttribute('aria-describedby') ?? ''} ${element.getAttribute('aria-labelledby') ?? ''}`.split(' '))
        if (id && !document.getElementById(id)?.textContent.trim()) faults.push(`${name(element)} refers to ${id}, which is not there or empty`);
for (const link of all('a[href^="#"]'))
    if (!document.getElementById(link.hash.slice(1))?.matches('input, textarea, [tabindex]')) faults.push(`${link.hash} leads to nothing that takes the focus`);
for (const field of all('input:not([type=hidden]):not([aria-hidden=true]), select, textarea')) {
    if (![...field.labels].some(label => label.textContent.trim())) faults.push(`${field.name} has no label`);
    if (field.getAttribute('aria-invalid') && !field.getAttribute('aria-describedby')) faults.push(`${field.name} does not say what is wrong`);
    // A box is hit by its label too.
    const target = ['checkbox', 'radio'].includes(field.type) ? field.labels[0] ?? field : field;
    if (target.getBoundingClientRect().height < 43.5) faults.push(`${field.name} is too low for a finger`);
}
for (const image of all('img, svg:not([aria-hidden=true]), [role=img]'))
    if (!image.getAttribute('alt') && !image.getAttribute('aria-label')) faults.push('a picture has no name');
for (const link of all('a, button'))
    if (!link.textContent.trim()) faults.push('a link or button has no text');

// Contrast (WCAG 2.2, 1.4.3).
const channels = color => color.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b]
    .map(channel => channel / 255)
    .map(channel => channel <= .04045 ? channel / 12.92 : ((channel + .055) / 1.055) ** 2.4)
    .reduce((sum, channel, at) => sum + channel * [.2126, .7152, .0722][at], 0);
const behind = element => {
    for (; element; element = element.parentElement) {
        const color = channels(getComputedStyle(element).backgroundColor);
        if (color.length == 3) return color;
        if (color[3] != 0) throw new Error('a translucent background');
    }
    throw new Error('no background');
};

// Every text is on the page, inside each box that holds it.
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || parent.closest('[aria-hidden=true], .away, .skip')) continue;
    const [front, back] = [light(channels(getComputedStyle(parent).color)), light(behind(parent))].sort((a, b) => b - a);
    if ((front + .05) / (back + .05) < 4.5) faults.push(`${name(parent)} has too little contrast`);
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const text of range.getClientRects()) {
        if (text.width == 0) continue;
        for (let box = parent; box; box = box.parentElement) {
            if (['inline', 'contents'].includes(getComputedStyle(box).display)) continue;
            // A table wider than the window scrolls in its own box.
            if (getComputedStyle(box).overflowX == 'auto') break;
            const edge = box.getBoundingClientRect();
            const out = text.left < edge.left - 1 || text.right > edge.right + 1 || text.top < edge.top - 4 || text.bottom > edge.bottom + 4;
            if (out) faults.push(`${name(parent)} sticks out of ${box.localName}`);
        }
    }
}
return faults;
