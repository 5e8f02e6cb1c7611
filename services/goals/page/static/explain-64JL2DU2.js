import{a as c,b as S,c as U}from"./part-T6TNO5LH.js";import"./part-TL3XWQKG.js";import{h as w}from"./part-R33GAL3S.js";import"./part-EZESUECI.js";import"./part-6NMLBMLP.js";import"./part-T7S3ARZQ.js";import{B as h,F as b,a as o,d as l,j as p,p as u,q as y,y as v,z as d}from"./part-4R3YFGK4.js";import"./part-MRKGK5YO.js";var f=30,$=class extends u{#e="";static properties={frame:{attribute:!1},record:{type:String}};constructor(){super(),this.frame=null,this.record=""}firstUpdated(){this.frame?.onPaint(()=>this.requestUpdate())}render(){let{goals:t}=this.frame,e=this.#e.toLocaleLowerCase().split(/\s+/).filter(Boolean),s=[...t.all()].filter(r=>e.every(n=>this.#s(r).includes(n))).sort((r,n)=>r.title<n.title?-1:1);return o`<div class="goal-choice">
      <label for="goal-search">Which goal?</label>
      <input type="search" id="goal-search" placeholder="Title, owner or period" autocomplete="off" aria-describedby="goal-found"
        .value=${this.#e} @input=${this.#t}>
      <p class="quiet" id="goal-found" role="status">${t.size===0?"There are no goals that you may see yet.":`${s.length.toLocaleString()} of ${t.size.toLocaleString()} goals${s.length>f?`; the first ${f} are shown`:""}`}</p>
      <ul class="found">${s.slice(0,f).map(r=>this.#i(r))}</ul>
    </div>`}#i(t){let e=this.record?`?record=${encodeURIComponent(this.record)}`:"",s=this.frame?.goals.get(t.parent_id);return o`<li><a href=${`/goals/${encodeURIComponent(t.goal_id)}/explain${e}`}><b>${t.title}</b>
      <span class="quiet">${[this.frame?.directory.nameOf(t.owner),this.frame?.directory.metricName(t.metric_id),h(t.period)].join(" · ")}${s?o` · under ${s.title}`:l}</span></a></li>`}#s(t){return`${t.title} ${this.frame?.directory.nameOf(t.owner)} ${h(t.period)} ${t.goal_id}`.toLocaleLowerCase()}#t(t){this.#e=t.target.value,this.requestUpdate()}};customElements.define("goal-choice",$);function x(a,t){let e=a.trim().replace(/^["'{]+|["'},;]+$/g,"");if(!e)return[];let s=t.map(r=>`${r}/${e}`);return e.includes("/")?[e,...s]:s}function m(a){return[...new Set(Object.values(a?.rollup_fields??{}).flatMap(t=>t?.source_entity??[]))]}var L={exists:"It is there",entity:"Its kind",period:"Its date",state:"Its state",status:"Its status",query:"The query",owner:"Its owner",access:"The manager may read it",only_from_children:"The goal counts records",amount:"Its amount"};function I(a,t){let e=Object.keys(c).filter(r=>r in a.counted),s=e.filter(r=>a.counted[r]);return o`<section class="verdict" aria-labelledby="verdict-title" data-counted=${String(s.length>0)}>
    <h2 id="verdict-title"><span class="mark" aria-hidden="true">${s.length?"✓":"✗"}</span>
      ${s.length?o`Counted: ${s.map((r,n)=>o`${n?", ":""}${d(a.adds[r],t)} to ${c[r].toLowerCase()}`)}`:"Not counted"}</h2>
    <p class="sentence" role="status">${a.sentence}</p>
    ${a.disagreements.map(r=>o`<p class="lag"><b>${c[r.field]}</b>: the totals hold something else than these tests give: ${r.says}.${r.would_add===null?l:` By the tests it would add ${d(r.would_add,t)}.`}</p>`)}
    ${e.map(r=>_(a,r,e.length>1))}
    <p class="list-foot"><span>${a.record}, version ${String(a.version)}</span><span class="as-of">tested as of ${y(a.as_of)}</span></p>
  </section>`}function _(a,t,e){let s=a.tests.filter(i=>i.field===t),r=s.filter(i=>!i.holds).length,n=r?`${r} of ${s.length} tests fail`:`all ${s.length} tests hold`;return o`<div class="scrolled" tabindex="0" role="region" aria-label=${`Tests of ${c[t].toLowerCase()}`}><table class="plain tests">
    <caption>${e?`${c[t]}: ${n}`:n}</caption>
    <thead><tr><th scope="col">Test</th><th scope="col">Outcome</th><th scope="col">Seen</th><th scope="col">Wanted</th></tr></thead>
    <tbody>${s.map(i=>o`<tr class=${i.holds?"holds":"fails"}>
        <th scope="row">${L[i.test]??i.test}</th>
        <td class="outcome"><span aria-hidden="true">${i.holds?"✓":"✗"}</span> ${i.holds?"holds":"fails"}</td>
        <td class="why">${i.seen??"nothing"}${i.record?o` <span class="quiet">in ${i.record}</span>`:l}</td>
        <td class="why">${i.wanted}</td>
      </tr>`)}</tbody>
  </table></div>`}var g=class extends u{#e=null;#i=null;#s=null;#t=null;#o=null;#a=null;#n=null;#r=!1;listenTo(t,e){this.#e=t,this.#i=e,t.onPaint(()=>this.requestUpdate()),addEventListener("popstate",()=>this.#c()),e!==null&&this.#h(e)}get#l(){return new URLSearchParams(location.search).get("record")??""}get#d(){return new URLSearchParams(location.search).get("field")??""}async#h(t){try{let e=await p(`/v1/goals/${encodeURIComponent(t)}`);this.#t=await p(`/v1/metrics/${encodeURIComponent(e.metric_id)}`),this.#s=e,document.title=`Explain ${e.title} · Cairn`}catch(e){this.#o=e}this.requestUpdate(),await this.#c()}async#c(){let t=this.#l;if(this.#a=this.#n=null,this.#r=t!==""&&this.#s!==null,this.requestUpdate(),!this.#r)return;let e=null,s=null;for(let r of x(t,m(this.#t)))try{e=await p(`/v1/goals/${encodeURIComponent(this.#s.id)}/explain?record=${encodeURIComponent(r)}`);break}catch(n){s??=n}t===this.#l&&(this.#a=e,this.#n=e?null:s??new Error("This metric counts no records yet, so there is nothing to test."),this.#r=!1,this.requestUpdate())}get isReady(){return this.#i===null?this.#e?.isKnown??!1:this.#s!==null||this.#o!==null}render(){return this.#o?S(this.#o):this.#s?this.#p(this.#s):o`<div class="explain">
      <div class="head"><h1>Why a record counts, or does not</h1></div>
      <p class="lead">Choose a goal; then paste a record’s id, or look through what counts and what nearly counts.</p>
      <goal-choice .frame=${this.#e} record=${this.#l}></goal-choice>
    </div>`}#p(t){let e=this.#e,s=e.goals.get(t.id)??U(t),r=e.directory.unitOf(t.metric_id),n={id:t.id,unit:r};return o`<article class="explain" data-goal=${t.id}>
      <div class="goal-head">
        <nav aria-label="Above this" class="breadcrumb"><ol><li><a href="/">Goals</a></li><li><a href=${`/goals/${encodeURIComponent(t.id)}`}>${s.title}</a></li></ol></nav>
        <h1>Why a record counts for ${s.title}, or does not</h1>
        <p class="quiet">${Object.keys(c).filter(i=>this.#t.rollup_fields[i]).map((i,C)=>o`${C?" · ":""}${c[i]} <b title=${d(s.values[i],r)}>${w(v(s.values[i]))}</b>`)}${r?` ${r}`:""} · ${h(s.period)} · owned by ${e.directory.nameOf(s.owner)}</p>
      </div>
      ${this.#u()}
      <div aria-busy=${String(this.#r)}>
        ${this.#r?o`<p class="quiet">Testing it …</p>`:l}
        ${this.#n?o`<p class="refused told" role="alert">${this.#n.message}</p>`:l}
        ${this.#a?I(this.#a,r):l}
      </div>
      <record-list heading="Counted" revision=${String(s.revision)} field=${this.#d} .goal=${n} .directory=${e.directory} .metric=${this.#t}></record-list>
      <record-list heading="Nearly counted" nearly revision=${String(s.revision)} field=${this.#d} .goal=${n} .directory=${e.directory} .metric=${this.#t}></record-list>
    </article>`}#u(){let[t="opportunity"]=m(this.#t);return o`<form class="ask" @submit=${this.#m} role="search" aria-label="A record">
      <label for="record">Paste a record’s id</label>
      <div class="line">
        <input id="record" name="record" autocomplete="off" spellcheck="false" maxlength="420" placeholder=${`${t}/…, or the id alone`} .value=${this.#l} aria-describedby="record-hint">
        <button class="main">Does it count?</button>
      </div>
      <p class="quiet" id="record-hint">Its entity, a slash and its id; of the id alone it is taken for ${m(this.#t).join(" or ")||"no entity: the metric counts none yet"}.</p>
    </form>`}#m(t){t.preventDefault();let e=new FormData(t.target),s=new URL(location.href),r=String(e.get("record")??"").trim();r?s.searchParams.set("record",r):s.searchParams.delete("record"),history.pushState(null,"",s),this.#c()}};customElements.define("explain-view",g);var k=document.querySelector("explain-view"),[,R,T]=location.pathname.split("/"),q=new b;k.listenTo(q,R==="goals"?decodeURIComponent(T):null);q.start();
