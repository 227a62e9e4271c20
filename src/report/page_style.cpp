#include "report/page_style.h"

namespace animalctl {

namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--ink:#1c2024;--soft:#60666d;--rule:#e3e5e8;--panel:#f6f7f8;--heat:0 114 178;
--bad:#b3430a;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:#56b4e9;--c6:#1c2024;--c7:#8c7a00;--cn:#8a9097}
@media (prefers-color-scheme:dark){:root{--page:#15181b;--ink:#e4e6e9;--soft:#9ba2aa;--rule:#2d3237;--panel:#1d2125;--heat:86 180 233;
--bad:#ff9a5c;--c0:#56b4e9;--c1:#ff8c42;--c2:#2fc79b;--c3:#e09cc4;--c4:#f0b93a;--c5:#9bd3f5;--c6:#e4e6e9;--c7:#d6c64a;--cn:#7d848c}}
@media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#444;--rule:#ccc;--panel:#fff;--heat:0 114 178;--bad:#a03a00;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:#56b4e9;--c6:#000;--c7:#8c7a00;--cn:#777}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:12px}main{padding:0}
figure,tr,.tiles>div,h2{break-inside:avoid}h2,h3{break-after:avoid}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1240px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:0;font-weight:650;overflow-wrap:anywhere}
h2{font-size:18px;margin:48px 0 4px;font-weight:650}
h3,figcaption{font-size:14px;font-weight:600;margin:0 0 6px}
p{margin:4px 0 14px;max-width:95ch}
.note,.sub{color:var(--soft)}.note{font-size:14px}
.sub{margin:6px 0 0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:1px;margin:24px 0 0;background:var(--rule);border:1px solid var(--rule);
border-radius:8px;overflow:hidden}
.tiles>div{background:var(--page);padding:14px 16px}
.tiles dt{color:var(--soft);font-size:13px}
.tiles dd{margin:0;font-size:24px;line-height:1.3;font-variant-numeric:tabular-nums;font-weight:600}
.tiles .first{grid-column:span 2}
.tiles dd+dd{font-size:12.5px;color:var(--soft);font-weight:400}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,264px),1fr));gap:28px;margin-top:16px}
figure{margin:0;min-width:0;max-width:460px}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart text{font-size:12px;fill:var(--ink);font-family:inherit}
.chart .tick,.chart .label{fill:var(--soft);font-variant-numeric:tabular-nums}
.chart path{fill:none}.chart .grid{stroke:var(--rule)}.chart .axis{stroke:var(--soft)}
.chart .line{stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.chart .dashed{stroke-dasharray:5 5;stroke-width:1.5}
.chart .area{fill-opacity:.18;stroke-width:1.5;stroke-linejoin:round}.chart .bar{fill-opacity:.75;stroke:none}
.chart .dot{stroke:var(--page);stroke-width:1.5}.chart .whisker{stroke:var(--ink);stroke-opacity:.75}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
.c7{--c:var(--c7)}.cn{--c:var(--cn)}
.chart .line,.chart .area{stroke:var(--c)}.chart .area,.chart .bar,.chart .dot{fill:var(--c)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-weight:500;font-size:13px}
tbody th{font-weight:400}
.number{text-align:right;white-space:nowrap;padding-left:8px}
.wide{width:100%}.slices tbody th{min-width:170px}
.confusion td,.confusion th{border:0;padding:10px 14px;text-align:right}
.confusion th:first-child{text-align:left;padding-left:0}.confusion tbody th{text-align:left;padding-left:0;font-weight:500;overflow-wrap:anywhere}
.confusion td{min-width:84px;background:rgb(var(--heat)/calc(var(--s)*.5));border:2px solid var(--page)}
.confusion td b{display:block;font-size:17px;font-weight:600}.confusion td small{color:inherit;opacity:.85;font-size:12.5px}
.confusion .right{outline:1.5px solid rgb(var(--heat)/.8);outline-offset:-3px}
.bad{color:var(--bad);font-weight:600;white-space:nowrap}
.range{position:relative;min-width:150px;height:12px;background:var(--panel);border-radius:3px}
.range i,.range b{position:absolute;top:0;bottom:0;border-radius:3px;background:rgb(var(--heat)/.35)}
.range b{width:3px;margin-left:-1.5px;background:rgb(var(--heat))}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(46%,150px),1fr));gap:20px 16px;margin:16px 0 0;padding:0;list-style:none}
.mistakes li{min-width:0;font-size:13px;line-height:1.4;break-inside:avoid}
.mistakes img,.mistakes .none{display:block;width:100%;aspect-ratio:1;object-fit:contain;background:var(--panel);border-radius:6px;margin-bottom:6px}
.mistakes .none{display:grid;place-items:center;color:var(--soft)}
.mistakes bdi{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;color:var(--soft)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:24px 40px}.columns div+h3,.columns div+div>h3{margin-top:24px}.columns>div+div>h3{margin-top:0}
.values{width:100%;table-layout:fixed}.values th{width:42%;color:var(--soft)}.values td,.values th{overflow-wrap:anywhere;padding-right:8px}
footer{margin-top:56px;color:var(--soft);font-size:13px}
@media (max-width:520px){main{padding:20px 16px 48px}h1{font-size:22px}h2{margin-top:36px}.tiles{grid-template-columns:1fr 1fr}
.tiles>div{padding:10px 12px}.tiles dd{font-size:20px}.confusion td,.confusion th{padding:8px}.confusion td{min-width:64px}}
)css";

}  // namespace

std::string_view page_style() {
  return kStyle;
}

}  // namespace animalctl
