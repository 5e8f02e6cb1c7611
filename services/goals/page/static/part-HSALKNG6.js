import{a as w,b as P,c as A,d as R,e as T,f as L,h as _}from"./part-2USJNV5T.js";import{a as G}from"./part-2E4IE5WG.js";import{a as b,b as v,d as h,e as k,f as $,g,i as x}from"./part-2IW7S222.js";import{a as o,b as C,d,p,q as m,r as M,s as j,t as B,u as D}from"./part-IHKWGBBD.js";var E=6;function H(t){return t.childrenOf(null).map(e=>t.get(e)).sort((e,n)=>N(n)-N(e)||Number(n.target??0)-Number(e.target??0))}function N(t){return t.target===null||t.state!=="open"?0:R(t.period)||t.period.start>P(t.period.time_zone)?1:2}function ft(t,e){if(e!==null)return e.flatMap(a=>t.get(a)??[]).slice(0,E);let n=H(t),r=n.filter(a=>N(a)===2);return(r.length?r:n).slice(0,E)}function F(t){return Math.floor(A(t.period)*100)}var Y=new Set(["behind","at_risk"]);function xt(t,e=8){let n=new Map;for(let r of t){if(r.state!=="open"||!Y.has(r.pace.status??"")||r.pace.gap===null)continue;let a=n.get(r.metric.id);a?a.push(r):n.set(r.metric.id,[r])}return[...n.values()].sort((r,a)=>a.length-r.length||r[0].metric.name.localeCompare(a[0].metric.name)).map(r=>{let a=r.sort(J);return{metric:a[0].metric,rows:a.slice(0,e),more:Math.max(0,a.length-e)}})}function J(t,e){return $(t.pace.gap??"0",e.pace.gap??"0")||t.title.localeCompare(e.title)}function bt(t){return t.filter(({target:e,values:n,earlier:r})=>e===null||n.actual===null||h(e)<=0?!1:$(n.actual,e)>=0&&$(r?.values.actual??"0",e)<0).sort((e,n)=>$(n.target??"0",e.target??"0"))}function Nt(t,e,n,r=d){let a=n.unitOf(t.metric_id),i=[n.metricName(t.metric_id),j(t.period)].join(" · ");return o`<header class="card-head">
      <h2><a href="/goals/${encodeURIComponent(t.goal_id)}">${t.title}</a></h2>
      ${Q(t)}
    </header>
    <p class="about">${i}</p>
    <p class="figure">
      <span class="value" title=${m(t.values.actual,a)}>${_(p(t.values.actual))}</span>
      ${t.percentage===null?d:o`<span class="percentage" title="${m(t.percentage)} %">${_(`${M(t.percentage)} %`)}</span>`}
    </p>
    <p class="of" title=${t.target===null?"no target":m(t.target,a)}>${t.target===null?"no target":`of ${p(t.target)}${a&&` ${a}`}`}</p>
    ${L(t,a)}
    <dl class="facts">
      <div><dt>Pace today, ${F(t)} % elapsed</dt><dd title=${m(e?.pace.target,a)}>${p(e?.pace.target)}</dd></div>
      <div><dt>Gap to pace</dt><dd title=${x(e?.pace.gap,a)}>${g(e?.pace.gap)}</dd></div>
      <div><dt>Projected finish</dt><dd title=${Z(e,a)}>${V(e)}</dd></div>
    </dl>
    ${r}`}function Q(t){let e=T(t);return e===null?d:o`<p class="status" data-status=${e}><span class="mark" aria-hidden="true">${w[e]}</span>${e}</p>`}function V(t){if(!t?.finish)return"—";let{low:e,high:n}=t.finish;return e===n?p(e):`${p(e)} – ${p(n)}`}function Z(t,e){return t?t.finish?`${m(t.finish.expected,e)} at the rate of the whole period so far`:"not projected: too early, over, or it stands still":"not known yet"}function Tt(t,e,n=Date.now()){return t.length===0?o`<p class="empty">Nothing: every goal that can be judged is on pace or ahead.</p>`:o`<table class="sheet attention">
    <thead><tr>
      <th scope="col">Goal</th><th scope="col" class="owner">Owner</th><th scope="col">Pace</th>
      <th scope="col" class="number">Gap to pace</th><th scope="col" class="number last">Last change</th>
    </tr></thead>
    ${t.map(r=>tt(r,e,n))}
  </table>`}function tt({metric:t,rows:e,more:n},r,a){let i=t.currency??"";return o`<tbody>
    <tr class="group"><th scope="rowgroup" colspan="5">${t.name}${i&&`, ${i}`}</th></tr>
    ${e.map(s=>o`<tr>
      <td>${K(s)}</td>
      <td class="owner">${S(s)}</td>
      <td>${et(s)}</td>
      <td class="number" title=${x(s.pace.gap,i)}>${g(s.pace.gap)}</td>
      <td class="number last">${nt(r.get(s.goal_id)?.updated_at,a)}</td>
    </tr>`)}
    ${n>0?o`<tr class="more"><td colspan="5">and ${n} more with a smaller gap</td></tr>`:""}
  </tbody>`}function jt(t){return t.length===0?o`<p class="empty">No goal has come to its target in this time.</p>`:o`<ul class="reached">${t.map(e=>{let n=e.metric.currency??"";return o`<li>
      <span class="mark" aria-hidden="true">✓</span>${K(e)}
      ${S(e)===e.title?"":o`<span class="quiet">${S(e)}</span>`}
      <span class="number" title=${m(e.values.actual,n)}>${p(e.values.actual)} of ${p(e.target)}${n&&` ${n}`} · ${M(e.percentage)} %</span>
    </li>`})}</ul>`}function S({owner:t}){return t.name??t.id}function K({goal_id:t,title:e}){return o`<a href="/goals/${encodeURIComponent(t)}">${e}</a>`}function et(t){let e=(t.pace.status??"").replace("_"," ");return o`<span class="status" data-status=${e}><span class="mark" aria-hidden="true">${w[e]}</span>${e}</span>`}function nt(t,e){if(!t)return"—";let n=e-Date.parse(t),r=Math.floor(n/864e5);return`${r>1?`${r} days`:D(n)} ago`}var at=.35,I=.12;function U(t,{caption:e,unit:n,start:r,end:a,linkOf:i}){let s=rt(t,r,a,i),{domain:c,isCut:l}=st(s),u=G().domain(c).range([0,100]);return o`<table class="waterfall sheet">
    <caption class="unseen">${e}</caption>
    <thead class="unseen"><tr><th scope="col">Step</th><th scope="col">Bar</th><th scope="col">Amount${n&&`, ${n}`}</th></tr></thead>
    <tbody>${s.map((f,y)=>ot(f,y,s.length,u,n,l))}</tbody>
  </table>
  ${l?o`<p class="note">Bars are cut on the left: the scale begins at ${p(String(c[0].toFixed(2)))}.</p>`:d}`}function rt(t,e,n,r){let a=t.start,i=t.steps.map(c=>{let l=Number(a);a=b([a,c.amount]);let u=h(c.amount)<0?"down":"up";return{label:r(c),kind:u,from:l,to:Number(a),amount:c.amount,isChange:!0}}),s=(c,l)=>({label:c,kind:"total",from:0,to:Number(l),amount:l,isChange:!1});return[s(e,t.start),...i,s(n,t.end)]}function st(t){let e=t.map(c=>c.to),[n,r]=[Math.min(...e),Math.max(...e)],a=r-n;if(n>0&&a>0&&a/r<at)return{domain:[n-a*I*2,r+a*I],isCut:n-a*I*2>0};let i=Math.max(r,0),s=Math.min(n,0);return{domain:[s,i===s?s+1:i],isCut:!1}}var O=t=>`${Math.min(100,Math.max(0,t)).toFixed(3)}%`;function ot(t,e,n,r,a,i){let s=t.isChange?g:p,c=t.isChange?x(t.amount,a):m(t.amount,a);return o`<tr class=${t.kind}>
    <th scope="row">${t.label}</th>
    <td class="drawing">${it(t,e,n,r,i)}</td>
    <td class="amount" title=${c}>${s(t.amount)}</td>
  </tr>`}function it(t,e,n,r,a){let[i,s]=[r(t.from),r(t.to)],c=Math.max(0,Math.min(i,s)),l=Math.min(100,Math.max(i,s)),u=t.kind==="total"?s:i,f=(y,X,q)=>C`<line class="joint" x1=${O(y)} x2=${O(y)} y1=${X} y2=${q}></line>`;return o`<svg aria-hidden="true" width="100%" height="100%">
    ${e>0?f(u,"0","22%"):d}
    ${e<n-1?f(s,"78%","100%"):d}
    <rect class="bar ${t.kind}" x=${O(c)} width=${O(Math.max(.25,l-c))} y="22%" height="56%"></rect>
    ${a&&t.kind==="total"?C`<path class="cut" d="M10 0l-5 28M15 0l-5 28"></path>`:d}
  </svg>`}var ct=6;function z(t,e,n=ct){let r=t.values.actual;if(r===null)return null;let a=W(t),i=v(r,a),s=e.filter(u=>u.metric.id===t.metric.id&&u.values.actual!==null).map(u=>lt(u)).filter(u=>h(u.amount)!==0).sort((u,f)=>$(k(f.amount),k(u.amount))||u.label.localeCompare(f.label)),c=s.length>n?[...s.slice(0,n-1),ut(s.slice(n-1))]:s,l=v(i,b(s.map(u=>u.amount)));return h(l)!==0&&c.push({kind:"own",id:null,label:pt(t,e),amount:l}),{start:a,end:r,change:i,steps:c,isNew:t.earlier===null}}function W(t){return t.earlier?.values.actual??"0"}function lt(t){let e=v(t.values.actual??"0",W(t));return{kind:"goal",id:t.goal_id,label:t.title,amount:e}}function ut(t){return{kind:"rest",id:null,label:`${t.length} others`,amount:b(t.map(e=>e.amount))}}function pt(t,e){return t.is_overridden?"What a person set":e.length===0?"Its records":"Own records, goals that came or went"}var mt=o`<p class="empty" aria-busy="true">Being worked out …</p>`;function dt(t){return new Intl.DateTimeFormat(void 0,{dateStyle:"medium",timeStyle:"short"}).format(t)}function Jt(t,e,n,r){if(!n.isKnown||!n.since||!n.asOf)return mt;let a=t&&z(t,e.filter(l=>l.parent_id===t.goal_id));if(!t||!a)return o`<p class="empty">It is not measured yet, so nothing has moved.</p>`;let i=t.metric.currency??"",[s,c]=[dt(n.since),B(n.asOf)];return o`<p class="about">${t.metric.name}${i&&`, ${i}`} · ${a.isNew?`it was not there on ${s}`:`since ${s}`}</p>
    ${h(a.change)===0&&a.steps.length===0?o`<p class="empty">Nothing has changed in ${r}.</p>`:U(a,{caption:`What moved ${t.title} in ${r}: from ${a.start} to ${a.end}`,unit:i,start:a.isNew?"Before":s,end:`Now, ${c}`,linkOf:l=>l.id?o`<a href="/goals/${encodeURIComponent(l.id)}">${l.label}</a>`:l.label})}`}export{E as a,H as b,ft as c,xt as d,bt as e,Nt as f,Tt as g,jt as h,mt as i,dt as j,Jt as k};
