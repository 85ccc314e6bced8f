/** The page's style sheet. Widths of bars stand in SVG attributes, since the page's policy allows no style attributes. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b2027;--muted:#59636e;--line:#d1d7de;--card:#f5f7f9;--link:#0b5cad;--focus:#0b5cad;
--succeeded:#0a6b66;--failed:#b3320c;--silent:#855400;--lost:#6b3a9c;
--c-succeeded:#c4e6e1;--c-failed:#c23b10;--c-silent:#f2b632;--c-lost:#6b3a9c;--on-succeeded:#0a544f;--on-failed:#fff;--on-silent:#2c1e00;--on-lost:#fff;
--h0:#fff;--h1:#e6f0fa;--h2:#c3dbf3;--h3:#93bfe8;--h4:#5b99d3;--h5:#2e6dac;--h6:#12457a;--on-h-low:#12304f;--on-h-high:#fff;
--pending:#d3d8de;--kernel:#b0bac6;--begin:#7c8b9f;--step:#2f78b8;--step2:#82b3df;--after:#dfe4e9;--track:#f0f2f5;--hatch:#98a2ad}
@media screen and (prefers-color-scheme:dark){:root{--bg:#0e1217;--fg:#e4e9ef;--muted:#9aa5b1;--line:#303841;--card:#171d24;--link:#7ab8ff;--focus:#7ab8ff;
--succeeded:#5fd0c3;--failed:#ff8a5c;--silent:#f0c04f;--lost:#c9a2f5;
--c-succeeded:#14433f;--c-failed:#f0703c;--c-silent:#eebd45;--c-lost:#b58af0;--on-succeeded:#8fe0d5;--on-failed:#1c0700;--on-silent:#221700;--on-lost:#17052c;
--h0:#0e1217;--h1:#152538;--h2:#1c3b5e;--h3:#28598f;--h4:#4784c4;--h5:#83b5e8;--h6:#d2e6fb;--on-h-low:#cfe2f6;--on-h-high:#06182b;
--pending:#39424c;--kernel:#55616f;--begin:#8593a5;--step:#4e97da;--step2:#27527d;--after:#2a323b;--track:#171d24;--hatch:#6d7884}}
*{box-sizing:border-box}
body{font-variant-emoji:text;margin:0 auto;max-width:1560px;padding:1rem clamp(.75rem,2vw,2rem) 3rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
code,pre,.said{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em;unicode-bidi:isolate;overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.2;margin:.1rem 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}
p{margin:.4rem 0}ul{margin:.4rem 0;padding:0;list-style:none}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:2px}
small,.note,.brand{color:var(--muted)}.note,.brand{font-size:.87rem}
[hidden]{display:none!important}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.4rem .8rem;z-index:9}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
.verdict{font-size:1.25rem;font-weight:600;margin:.2rem 0}
.succeeded,.g.succeeded{color:var(--succeeded)}.failed,.g.failed{color:var(--failed)}.silent,.g.silent{color:var(--silent)}.lost,.g.lost{color:var(--lost)}
.g{display:inline-block;width:1.1em;font-weight:700;text-align:center}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:.8rem 0 .4rem}
.tiles li{border:1px solid var(--line);border-radius:8px;padding:.35rem .9rem .45rem;background:var(--card);min-width:6.5rem}
.tiles b{display:block;font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums;white-space:nowrap}.tiles span{color:var(--muted);font-size:.87rem}
.facts{display:flex;flex-wrap:wrap;gap:.3rem 1.8rem;margin:.8rem 0}.facts div{min-width:0;max-width:100%}.facts dt{color:var(--muted);font-size:.8rem}.facts dd{margin:0;overflow-wrap:anywhere}
.card{border:1px solid var(--line);border-left:5px solid;border-radius:6px;background:var(--card);padding:.8rem 1rem;margin:.8rem 0;min-width:0}
.card>*{color:var(--fg)}
.said{margin:.3rem 0;white-space:pre-wrap}
.hint{color:var(--fg);font-weight:500}
pre{margin:.4rem 0;padding:.6rem .8rem;overflow:auto;max-height:32rem;background:var(--bg);border:1px solid var(--line);border-radius:4px;white-space:pre;overflow-wrap:normal;line-height:1.4;font-size:.82rem}
summary{cursor:pointer}
.names li,.tiles li{max-width:100%}.names{display:flex;flex-wrap:wrap;gap:.1rem 1rem}
section>ul:not([class]){list-style:disc;padding-left:1.2rem}section>ul:not([class])>li{margin:.25rem 0}
.filters{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:end;margin:.4rem 0 .6rem}
.filters label{display:grid;gap:.1rem;font-size:.82rem;color:var(--muted);flex:0 1 auto;min-width:0}.filters .wide{flex:1 1 16rem}
input,select{font:inherit;font-size:.95rem;color:var(--fg);background:var(--bg);border:1px solid #838e9a;border-radius:5px;padding:.35rem .5rem;min-height:2.3rem;width:100%}
output{font-weight:600;padding:.45rem 0}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(18px,1fr));gap:2px;max-width:max(30rem,100%)}
.strip a{display:block;height:20px;font-size:12px;line-height:20px;text-align:center;text-decoration:none;border-radius:2px;overflow:hidden;border:0 solid}
.strip .succeeded{background:var(--c-succeeded);color:var(--on-succeeded)}.strip .failed{background:var(--c-failed);color:var(--on-failed)}
.strip .silent{background:var(--c-silent);color:var(--on-silent)}.strip .lost{background:var(--c-lost);color:var(--on-lost)}
.strip a:focus{outline:3px solid var(--focus);outline-offset:1px}.strip a.out{opacity:.12}
.strip.few{grid-template-columns:repeat(auto-fill,minmax(30px,36px))}.strip.few a{height:30px;line-height:30px;font-size:15px}
[data-by=boot] a.h0,i.h0{background:var(--h0);box-shadow:inset 0 0 0 1px var(--hatch);color:var(--fg)}
[data-by=boot] a.h1,i.h1{background:var(--h1)}[data-by=boot] a.h2,i.h2{background:var(--h2)}[data-by=boot] a.h3,i.h3{background:var(--h3)}[data-by=boot] a.h4,i.h4{background:var(--h4)}[data-by=boot] a.h5,i.h5{background:var(--h5)}[data-by=boot] a.h6,i.h6{background:var(--h6)}
[data-by=boot] a:is(.h1,.h2,.h3){color:var(--on-h-low)}[data-by=boot] a:is(.h4,.h5,.h6){color:var(--on-h-high)}[data-by=boot] a.succeeded:not(.h0){color:transparent}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;font-size:.87rem;color:var(--muted)}.legend svg,.legend i{display:inline-block;width:18px;height:12px;margin-right:.4em;vertical-align:-1px;border-radius:2px}
.peek{min-height:2.9rem;padding:.5rem .8rem;background:var(--card);border:1px solid var(--line);border-radius:6px;overflow-wrap:anywhere}
svg{display:block;width:100%;overflow:visible;border-radius:2px}
.bar{background:var(--track);overflow:hidden;height:14px}.bar rect{height:14px}.chart .bar,.chart rect{height:10px}
rect.p{fill:var(--pending)}rect.k{fill:var(--kernel)}rect.b{fill:var(--begin)}rect.s,rect.p50{fill:var(--step)}rect.s:nth-of-type(even){fill:var(--step2)}
rect.p95{fill:var(--step2)}rect.f{fill:var(--c-failed)}rect.v{fill:var(--after)}rect.o{fill:url(#hatch)}
line{stroke:var(--fg);stroke-width:1;stroke-dasharray:2 3}
#hatch path{stroke:var(--hatch);stroke-width:1.5}
.axis text{fill:var(--muted);font-size:12px}.axis rect{fill:var(--muted)}
.rows{border:1px solid var(--line);border-radius:6px}.long{max-height:80vh;overflow:auto}
.row{display:grid;grid-template-columns:15.5rem minmax(9rem,17rem) 1fr 6.2rem;gap:.1rem .8rem;align-items:center;padding:.12rem .7rem}
.axis{position:sticky;top:0;background:var(--bg);border-bottom:1px solid var(--line);z-index:2}.axis svg{grid-column:3}
#rows{margin:0}#rows>li{display:block;content-visibility:auto;contain-intrinsic-size:auto 28px}
#rows>li:nth-child(even of :not([hidden])){background:var(--card)}
#rows summary:hover{background:var(--track)}
.who{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.how{unicode-bidi:isolate;font-size:.87rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.time{text-align:right;font-variant-numeric:tabular-nums;font-size:.9rem;white-space:nowrap}
summary.row::marker{content:""}summary.row::-webkit-details-marker{display:none}
.over{color:var(--silent);font-weight:600}
.details{overflow-x:auto;padding:.4rem 1rem 1rem 2.4rem;border-left:3px solid var(--line);margin:.2rem 0 .4rem .9rem;scroll-margin-top:4rem}.details:target{border-left-color:var(--focus)}
#none{padding:.5rem 1rem}
table{border-collapse:collapse;margin:.6rem 0;font-size:.92rem}caption{text-align:left;font-weight:600;padding:.2rem 0}
th,td{text-align:right;padding:.25rem .7rem;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;vertical-align:middle}
th,td{white-space:nowrap;unicode-bidi:isolate}th:first-child,td:first-child{text-align:left;padding-left:0;font-weight:400}thead th,thead th:first-child{font-weight:600;color:var(--muted);font-size:.82rem;vertical-align:bottom}
.scroll{overflow-x:auto}.scroll table{width:100%}.scroll td:first-child,.scroll th:first-child{white-space:normal;min-width:8rem}.chart{width:28%;min-width:7rem;text-align:left}
td.slower{color:var(--failed);font-weight:600}td.faster{color:var(--succeeded)}
footer{margin-top:2.5rem;color:var(--muted);font-size:.87rem}
@media screen and (max-width:820px){.row{grid-template-columns:1fr auto;padding:.3rem .6rem}.row svg{grid-column:1/-1;grid-row:3}.row .how{unicode-bidi:isolate;grid-column:1/-1;grid-row:2;white-space:normal}.axis svg{grid-column:1/-1;grid-row:1}
#rows>li{contain-intrinsic-size:auto 70px}.details{overflow-x:auto;padding-left:.7rem;margin-left:.4rem}.filters label{flex:1 1 9rem}.card{padding:.7rem}.tiles li{flex:1 1 auto}.details table{font-size:.85rem}.details th,.details td{padding:.25rem .4rem}}
@media print{:root{color-scheme:light;font-size:12px}.row{grid-template-columns:16rem 14rem 1fr 5.5rem}.chart{display:none}body{max-width:none;padding:0;font-size:10pt}nav,.filters,.skip,.js{display:none!important}.long{max-height:none;overflow:visible}.card,tr,#rows>li{break-inside:avoid}pre{max-height:none;white-space:pre-wrap}
.strip a,rect,.tiles li,.bar,.g{print-color-adjust:exact;-webkit-print-color-adjust:exact}.axis{position:static}#rows>li{content-visibility:visible}.scroll{overflow:visible}}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media(forced-colors:active){.strip a{border:1px solid CanvasText;forced-color-adjust:none}.bar,rect{forced-color-adjust:none}}
`;
