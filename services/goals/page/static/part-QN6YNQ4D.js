import{a as w}from"./part-2E4IE5WG.js";import{b as d,f as b,g as x,i as y}from"./part-T7S3ARZQ.js";import{A as m,B as v,a as s,b as $,d as i,y as f,z as p}from"./part-4R3YFGK4.js";var O={owner:"Owner",team:"Team",period:"Period",metric:"Metric",goal:"Goal"};function N(e,{by:r,hasBefore:t,sort:n,isFalling:a,onSort:o}){let c=[["label",O[r]??r],["goals","Goals"],["actual","Actual"],["target","Target"],["percentage","%"],["gap","To target"],...t?[["before","Period before"],["change","Change"]]:[]],u=([l,g]=c[0])=>s`<th scope="col" class=${l==="label"?"":`number ${l}`} aria-sort=${l===n?a?"descending":"ascending":i}>
    ${o?s`<button type="button" class="sorter" @click=${()=>o(l)}>${g}<span aria-hidden="true">${l===n?a?" ↓":" ↑":""}</span></button>`:g}
  </th>`;return s`<div class="wide" tabindex="0" role="group" aria-label="Attainment in numbers"><table class="sheet report">
    <thead><tr>${c.map(u)}</tr></thead>
    ${e.map(({metric:l,lines:g})=>s`<tbody>
      <tr class="group"><th scope="rowgroup" colspan=${c.length}>${l.name}${l.currency&&`, ${l.currency}`}</th></tr>
      ${g.map(C=>A(C,t))}
    </tbody>`)}
  </table></div>`}function A(e,r){let t=e.metric.currency??"",n=(o,c)=>s`<td class="number ${o}" title=${p(c,t)}>${f(c)}</td>`,a=(o,c)=>s`<td class="number ${o}" title=${y(c,t)}>${x(c)}</td>`;return s`<tr>
    <td title=${e.label}>${e.link?s`<a href=${e.link}>${e.label}</a>`:e.label}</td>
    <td class="number goals">${e.goals.toLocaleString()}</td>
    ${n("actual",e.actual)}
    ${n("target",e.target)}
    <td class="number percentage" title=${e.percentage===null?"no target":`${p(e.percentage)} %`}>${m(e.percentage)}</td>
    ${a("gap",e.gap)}
    ${r?[n("before",e.before),a("change",e.change)]:i}
  </tr>`}var B=15;function U(e,r,t=B){let n=e.some(({lines:a})=>a.some(o=>o.before!==null));return s`<figure class="bars" aria-label=${r}>
    <figcaption class="legend-line">
      <span>${h($`<rect class="actual" y="3" width="22" height="8"></rect>`)} actual</span>
      <span>${h($`<rect class="plan" x=".75" y="1.75" width="20.5" height="10.5"></rect>`)} target</span>
      ${n?s`<span>${h($`<rect class="before" y="3" width="22" height="8"></rect>`)} the period before</span>`:i}
    </figcaption>
    ${e.map(a=>S(a,t))}
  </figure>`}function h(e){return s`<svg viewBox="0 0 22 14" width="22" height="14" aria-hidden="true">${e}</svg>`}function S({metric:e,lines:r},t){let n=r.slice(0,t),a=n.flatMap(({actual:c,target:u,before:l})=>[c,u,l].map(g=>Number(g??0))),o=w().domain([Math.min(0,...a),Math.max(0,...a)||1]).range([0,100]);return s`<h2>${e.name}${e.currency&&`, ${e.currency}`}</h2>
    <ul>${n.map(c=>s`<li>
      <span class="label" title=${c.label}>${c.link?s`<a href=${c.link}>${c.label}</a>`:c.label}</span>
      ${T(c,o)}
      <span class="amount" title=${p(c.actual,e.currency??"")}>${f(c.actual)}</span>
      <span class="share">${c.percentage===null?"":`${m(c.percentage)} %`}</span>
    </li>`)}</ul>
    ${r.length>t?s`<p class="note">and ${r.length-t} more in the table</p>`:i}`}function T(e,r){let t=(n,a,o,c)=>{if(a===null)return i;let[u,l]=[r(0),r(Number(a))];return $`<rect class=${n} x="${Math.min(u,l).toFixed(3)}%" y=${o} width="${Math.abs(l-u).toFixed(3)}%" height=${c}></rect>`};return s`<svg class="bar-row" role="img" aria-label=${_(e)} width="100%" height="24">
    ${t("before",e.before,2,8)}
    ${t("actual",e.actual,8,10)}
    ${t("plan",e.target,5,16)}
  </svg>`}function _(e){let r=e.metric.currency??"",t=[`${e.label}: ${p(e.actual,r)}`];return e.target!==null&&t.push(`target ${p(e.target,r)}`),e.percentage!==null&&t.push(`${m(e.percentage)} percent`),e.before!==null&&t.push(`the period before ${p(e.before,r)}`),t.join(", ")}var P=new Intl.Collator(void 0,{numeric:!0});function z(e,r){let t=r==="goal",n=t?e.values.actual:e.actual,a=(t?e.previous?.values.actual:e.previous?.actual)??null;return{key:t?e.goal_id:e.key,label:t?e.title:G(e,r),link:t?`/goals/${encodeURIComponent(e.goal_id)}`:null,metric:e.metric,isPerson:r==="owner"&&e.key.startsWith("user/"),goals:t?1:e.goals,actual:n,target:e.target,percentage:e.percentage,gap:M(n,e.target),before:a,beforePercentage:e.previous?.percentage??null,change:M(n,a)}}function G({key:e,name:r},t){if(t==="team"&&e==="")return"On no team";if(t==="period"){let[n,a]=e.split(".."),o=v({start:n,end:a});return r?`${r}, ${o}`:o}return r??e.replace(/^(user|team)\//,"")}function M(e,r){return e===null||r===null?null:d(e,r)}function E(e,r,t){let n=new Map;for(let a of e){let o=n.get(a.metric.id);o?o.lines.push(a):n.set(a.metric.id,{metric:a.metric,lines:[a]})}for(let a of n.values())a.lines.sort(k(r,t));return[...n.values()].sort((a,o)=>P.compare(a.metric.name,o.metric.name))}function k(e,r){let t=r?-1:1;return(n,a)=>{let o=P.compare(n.label,a.label)||(n.key<a.key?-1:1);if(e==="label")return t*o;let[c,u]=[n[e],a[e]];return c===null||u===null?c===u?o:c===null?1:-1:t*b(String(c),String(u))||o}}function H(e){let r=e.filter(n=>n.isPerson&&n.percentage!==null).sort(k("percentage",!0)),t=0;return r.map((n,a)=>((a===0||n.percentage!==r[a-1].percentage)&&(t=a+1),{place:t,line:n}))}export{O as a,N as b,U as c,z as d,E as e,H as f};
