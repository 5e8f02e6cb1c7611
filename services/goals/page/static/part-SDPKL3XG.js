import{a as w,b as P,c as A,d as R,e as T,f as L,h as _}from"./part-R33GAL3S.js";import{a as G}from"./part-2E4IE5WG.js";import{a as b,b as v,d as h,e as k,f as $,g,i as x}from"./part-T7S3ARZQ.js";import{A as M,B as j,C as B,D,a as o,b as C,d,y as u,z as m}from"./part-4R3YFGK4.js";var E=6;function H(t){return t.childrenOf(null).map(e=>t.get(e)).sort((e,n)=>N(n)-N(e)||Number(n.target??0)-Number(e.target??0))}function N(t){return t.target===null||t.state!=="open"?0:R(t.period)||t.period.start>P(t.period.time_zone)?1:2}function ft(t,e){if(e!==null)return e.flatMap(s=>t.get(s)??[]).slice(0,E);let n=H(t),a=n.filter(s=>N(s)===2);return(a.length?a:n).slice(0,E)}function F(t){return Math.floor(A(t.period)*100)}var Y=new Set(["behind","at_risk"]);function xt(t,e=8){let n=new Map;for(let a of t){if(a.state!=="open"||!Y.has(a.pace.status??"")||a.pace.gap===null)continue;let s=n.get(a.metric.id);s?s.push(a):n.set(a.metric.id,[a])}return[...n.values()].sort((a,s)=>s.length-a.length||a[0].metric.name.localeCompare(s[0].metric.name)).map(a=>{let s=a.sort(J);return{metric:s[0].metric,rows:s.slice(0,e),more:Math.max(0,s.length-e)}})}function J(t,e){return $(t.pace.gap??"0",e.pace.gap??"0")||t.title.localeCompare(e.title)}function bt(t){return t.filter(({target:e,values:n,earlier:a})=>e===null||n.actual===null||h(e)<=0?!1:$(n.actual,e)>=0&&$(a?.values.actual??"0",e)<0).sort((e,n)=>$(n.target??"0",e.target??"0"))}function Nt(t,e,n,a=d){let s=n.unitOf(t.metric_id),c=[n.metricName(t.metric_id),j(t.period)].join(" · ");return o`<header class="card-head">
      <h2><a href="/goals/${encodeURIComponent(t.goal_id)}">${t.title}</a></h2>
      ${Q(t)}
    </header>
    <p class="about">${c}</p>
    <p class="figure">
      <span class="value" title=${m(t.values.actual,s)}>${_(u(t.values.actual))}</span>
      ${t.percentage===null?d:o`<span class="percentage" title="${m(t.percentage)} %">${_(`${M(t.percentage)} %`)}</span>`}
    </p>
    <p class="of" title=${t.target===null?"no target":m(t.target,s)}>${t.target===null?"no target":`of ${u(t.target)}${s&&` ${s}`}`}</p>
    ${L(t,s)}
    <dl class="facts">
      <div><dt>Pace today, ${F(t)} % elapsed</dt><dd title=${m(e?.pace.target,s)}>${u(e?.pace.target)}</dd></div>
      <div><dt>Gap to pace</dt><dd title=${x(e?.pace.gap,s)}>${g(e?.pace.gap)}</dd></div>
      <div><dt>Projected finish</dt><dd title=${Z(e,s)}>${V(e)}</dd></div>
    </dl>
    ${a}`}function Q(t){let e=T(t);return e===null?d:o`<p class="status" data-status=${e}><span class="mark" aria-hidden="true">${w[e]}</span>${e}</p>`}function V(t){if(!t?.finish)return"—";let{low:e,high:n}=t.finish;return e===n?u(e):`${u(e)} – ${u(n)}`}function Z(t,e){return t?t.finish?`${m(t.finish.expected,e)} at the rate of the whole period so far`:"not projected: too early, over, or it stands still":"not known yet"}function Tt(t,e,n=Date.now()){return t.length===0?o`<p class="empty">Nothing: every goal that can be judged is on pace or ahead.</p>`:o`<table class="sheet attention">
    <thead><tr>
      <th scope="col">Goal</th><th scope="col" class="owner">Owner</th><th scope="col">Pace</th>
      <th scope="col" class="number">Gap to pace</th><th scope="col" class="number last">Last change</th>
    </tr></thead>
    ${t.map(a=>tt(a,e,n))}
  </table>`}function tt({metric:t,rows:e,more:n},a,s){let c=t.currency??"";return o`<tbody>
    <tr class="group"><th scope="rowgroup" colspan="5">${t.name}${c&&`, ${c}`}</th></tr>
    ${e.map(r=>o`<tr>
      <td>${K(r)}</td>
      <td class="owner">${S(r)}</td>
      <td>${et(r)}</td>
      <td class="number" title=${x(r.pace.gap,c)}>${g(r.pace.gap)}</td>
      <td class="number last">${nt(a.get(r.goal_id)?.updated_at,s)}</td>
    </tr>`)}
    ${n>0?o`<tr class="more"><td colspan="5">and ${n} more with a smaller gap</td></tr>`:""}
  </tbody>`}function jt(t){return t.length===0?o`<p class="empty">No goal has come to its target in this time.</p>`:o`<ul class="reached">${t.map(e=>{let n=e.metric.currency??"";return o`<li>
      <span class="mark" aria-hidden="true">✓</span>${K(e)}
      ${S(e)===e.title?"":o`<span class="quiet">${S(e)}</span>`}
      <span class="number" title=${m(e.values.actual,n)}>${u(e.values.actual)} of ${u(e.target)}${n&&` ${n}`} · ${M(e.percentage)} %</span>
    </li>`})}</ul>`}function S({owner:t}){return t.name??t.id}function K({goal_id:t,title:e}){return o`<a href="/goals/${encodeURIComponent(t)}">${e}</a>`}function et(t){let e=(t.pace.status??"").replace("_"," ");return o`<span class="status" data-status=${e}><span class="mark" aria-hidden="true">${w[e]}</span>${e}</span>`}function nt(t,e){if(!t)return"—";let n=e-Date.parse(t),a=Math.floor(n/864e5);return`${a>1?`${a} days`:D(n)} ago`}var at=.35,I=.12;function U(t,{caption:e,unit:n,start:a,end:s,linkOf:c}){let r=st(t,a,s,c),{domain:i,isCut:p}=rt(r),l=G().domain(i).range([0,100]);return o`<table class="waterfall sheet">
    <caption class="unseen">${e}</caption>
    <thead class="unseen"><tr><th scope="col">Step</th><th scope="col">Bar</th><th scope="col">Amount${n&&`, ${n}`}</th></tr></thead>
    <tbody>${r.map((f,y)=>ot(f,y,r.length,l,n,p))}</tbody>
  </table>
  ${p?o`<p class="note">Bars are cut on the left: the scale begins at ${u(String(i[0].toFixed(2)))}.</p>`:d}`}function st(t,e,n,a){let s=t.start,c=t.steps.map(i=>{let p=Number(s);s=b([s,i.amount]);let l=h(i.amount)<0?"down":"up";return{label:a(i),kind:l,from:p,to:Number(s),amount:i.amount,isChange:!0}}),r=(i,p)=>({label:i,kind:"total",from:0,to:Number(p),amount:p,isChange:!1});return[r(e,t.start),...c,r(n,t.end)]}function rt(t){let e=t.map(i=>i.to),[n,a]=[Math.min(...e),Math.max(...e)],s=a-n;if(n>0&&s>0&&s/a<at)return{domain:[n-s*I*2,a+s*I],isCut:n-s*I*2>0};let c=Math.max(a,0),r=Math.min(n,0);return{domain:[r,c===r?r+1:c],isCut:!1}}var O=t=>`${Math.min(100,Math.max(0,t)).toFixed(3)}%`;function ot(t,e,n,a,s,c){let r=t.isChange?g:u,i=t.isChange?x(t.amount,s):m(t.amount,s);return o`<tr class=${t.kind}>
    <th scope="row">${t.label}</th>
    <td class="drawing">${it(t,e,n,a,c)}</td>
    <td class="amount" title=${i}>${r(t.amount)}</td>
  </tr>`}function it(t,e,n,a,s){let[c,r]=[a(t.from),a(t.to)],i=Math.max(0,Math.min(c,r)),p=Math.min(100,Math.max(c,r)),l=t.kind==="total"?r:c,f=(y,X,q)=>C`<line class="joint" x1=${O(y)} x2=${O(y)} y1=${X} y2=${q}></line>`;return o`<svg aria-hidden="true" width="100%" height="100%">
    ${e>0?f(l,"0","22%"):d}
    ${e<n-1?f(r,"78%","100%"):d}
    <rect class="bar ${t.kind}" x=${O(i)} width=${O(Math.max(.25,p-i))} y="22%" height="56%"></rect>
    ${s&&t.kind==="total"?C`<path class="cut" d="M10 0l-5 28M15 0l-5 28"></path>`:d}
  </svg>`}var ct=6;function z(t,e,n=ct){let a=t.values.actual;if(a===null)return null;let s=W(t),c=v(a,s),r=e.filter(l=>l.metric.id===t.metric.id&&l.values.actual!==null).map(l=>lt(l)).filter(l=>h(l.amount)!==0).sort((l,f)=>$(k(f.amount),k(l.amount))||l.label.localeCompare(f.label)),i=r.length>n?[...r.slice(0,n-1),ut(r.slice(n-1))]:r,p=v(c,b(r.map(l=>l.amount)));return h(p)!==0&&i.push({kind:"own",id:null,label:pt(t,e),amount:p}),{start:s,end:a,change:c,steps:i,isNew:t.earlier===null}}function W(t){return t.earlier?.values.actual??"0"}function lt(t){let e=v(t.values.actual??"0",W(t));return{kind:"goal",id:t.goal_id,label:t.title,amount:e}}function ut(t){return{kind:"rest",id:null,label:`${t.length} others`,amount:b(t.map(e=>e.amount))}}function pt(t,e){return t.is_overridden?"What a person set":e.length===0?"Its records":"Own records, goals that came or went"}var mt=o`<p class="empty" aria-busy="true">Being worked out …</p>`;function dt(t){return new Intl.DateTimeFormat(void 0,{dateStyle:"medium",timeStyle:"short"}).format(t)}function Jt(t,e,n){if(!e.isKnown||!e.since||!e.asOf)return mt;let a=t&&z(t,e.items.filter(i=>i.parent_id===t.goal_id));if(!t||!a)return o`<p class="empty">It is not measured yet, so nothing has moved.</p>`;let s=t.metric.currency??"",[c,r]=[dt(e.since),B(e.asOf)];return o`<p class="about">${t.metric.name}${s&&`, ${s}`} · ${a.isNew?`it was not there on ${c}`:`since ${c}`}</p>
    ${h(a.change)===0&&a.steps.length===0?o`<p class="empty">Nothing has changed ${n}.</p>`:U(a,{caption:`What moved ${t.title} ${n}: from ${a.start} to ${a.end}`,unit:s,start:a.isNew?"Before":c,end:`Now, ${r}`,linkOf:i=>i.id?o`<a href="/goals/${encodeURIComponent(i.id)}">${i.label}</a>`:i.label})}`}export{E as a,H as b,ft as c,xt as d,bt as e,Nt as f,Tt as g,jt as h,mt as i,dt as j,Jt as k};
