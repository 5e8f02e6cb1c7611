import{a as A}from"./part-HUNMN5P6.js";import{c as M}from"./part-EZESUECI.js";import"./part-6NMLBMLP.js";import{C as g,D as P,F as L,a as o,b as I,d as i,h as E,j as v,m as O,p as _,y as b,z as $}from"./part-4R3YFGK4.js";import"./part-MRKGK5YO.js";var at="50",C=500;function w({partition:t,offset:e}){return`${t}:${e}`}function D(){let t=new URLSearchParams(location.search);return{error:t.get("error")??"",q:t.get("q")??""}}function U(t){let e=String(F(t));history.replaceState(history.state,"",e?`?${e}`:location.pathname)}function F(t){return new URLSearchParams(Object.entries(t).filter(([,e])=>e))}function K(t,e){let s=F(t);return s.set("limit",at),e&&s.set("after",e),v(`/v1/rejected?${s}`)}async function G(t){let e=0;for(let s=t.length;s>0;s-=C){let n=t.slice(Math.max(0,s-C),s).map(({partition:a,offset:c})=>({partition:a,offset:c}));e+=(await O("POST","/v1/rejected/replay",{items:n})).replayed}return e}var V=new Intl.DateTimeFormat(void 0,{dateStyle:"medium"}),z=1e3;function l(t){return b(t==null?null:String(t))}function p(t,e,s=`${e}s`){return`${l(t)} ${t===1?e:s}`}function x(t){return t==null?"—":t>=10*z?`${b((t/z).toFixed(1))} s`:`${b(t>=10?t.toFixed(0):String(t))} ms`}function S(t){return $(t?.toString(),"ms")}function q(t,e){return`${P(Date.parse(e)-Date.parse(t))} ago`}function rt(t,e=new Date){if(t===null)return"—";let s=new Date(t),n=V.format(s);return n===V.format(e)?g(s):`${n}, ${g(s)}`}function y(t){return t===null?o`${"—"}`:o`<time datetime=${t} title=${t}>${rt(t)}</time>`}function r(t,e,s){return o`<span class="state ${t}"><span class="mark" aria-hidden="true">${e}</span> ${s}</span>`}function m(t,e,{id:s,remark:n=i}){return o`<section aria-labelledby=${s} class=${s}>
    <div class="section-head"><h2 id=${s}>${t}</h2><p class="quiet">${n}</p></div>
    ${e}
  </section>`}function R(t){return o`<a href="/goals/${encodeURIComponent(t)}">${t}</a>`}var it=300,ct=6,j=class extends _{static properties={end:{type:Number}};#n=D();#t=[];#a=null;#r=null;#e=!1;#i=!1;#s=new Set;#h=new Set;#l=new Map;#o=null;#u;#d=0;constructor(){super(),this.end=null}willUpdate(e){super.willUpdate(e),!(!e.has("end")||this.end===this.#r)&&(!this.#e||!this.#s.size&&!this.#i)&&this.#c()}async#c(e=""){let s=++this.#d,n=this.end;try{let a=await K(this.#n,e);if(s!==this.#d)return;this.#t=e?[...this.#t,...a.items]:a.items,this.#a=a.next,this.#e=!0,e||(this.#r=n),this.#o?.tone==="bad"&&(this.#o=null)}catch(a){if(s!==this.#d)return;this.#o={tone:"bad",words:a.message}}this.requestUpdate()}render(){let{error:e,q:s}=this.#n;return o`<section aria-labelledby="rejected">
      <div class="section-head">
        <h2 id="rejected">Rejected records</h2>
        <p class="quiet">newest first; Kafka keeps them, also those that were sent again</p>
        <div class="tools" role="group" aria-label="Rejected records">
          <label>Reason <input type="search" name="error" list="reasons" maxlength="100" autocomplete="off" .value=${e} @input=${this.#f}></label>
          <datalist id="reasons">${[...new Set(this.#t.map(n=>n.error))].map(n=>o`<option value=${n}></option>`)}</datalist>
          <label>Key <input type="search" name="q" maxlength="200" autocomplete="off" .value=${s} @input=${this.#f}></label>
          <button type="button" class="main" ?disabled=${!this.#s.size||this.#i} @click=${this.#y}>
            ${this.#s.size?`Send ${p(this.#s.size,"record")} again …`:"Send again …"}
          </button>
        </div>
      </div>
      <p class="word" role="status">${this.#o?r(this.#o.tone,this.#o.tone==="good"?"✓":"▼",this.#o.words):i}</p>
      ${this.#$()} ${this.#b()}
    </section>`}#$(){if(!this.#e)return o`<p class="nothing">${this.#o?i:"Reading the rejected records …"}</p>`;let e=this.#n.error||this.#n.q;if(!this.#t.length&&!this.#a)return o`<p class="nothing">${r(e?"quiet":"good",e?"○":"✓",e?"No rejected record has this reason and this key.":"No record was rejected.")}</p>`;let s=this.#t.length>0&&this.#t.every(n=>this.#s.has(w(n)));return o`<table class="plain">
        <thead><tr>
          <th scope="col" class="box"><input type="checkbox" aria-label="All that are shown" .checked=${A(s)} @change=${this.#k}></th>
          <th scope="col">Rejected</th><th scope="col">Reason</th><th scope="col">Key</th><th scope="col" class="minor">Came by</th><th scope="col"><span class="unseen">Value</span></th>
        </tr></thead>
        <tbody>${M(this.#t,w,n=>this.#g(n))}</tbody>
      </table>
      <p class="list-foot">
        ${this.#r!==this.end&&this.end!==null?o`<button type="button" @click=${()=>this.#c()}>Show those that came since</button>`:i}
        ${this.#a?o`<button type="button" @click=${()=>this.#c(this.#a??"")}>${e?"Look further back":"Show older ones"}</button>`:i}
        <span class="quiet">${p(this.#t.length,"record")} shown</span>
      </p>`}#g(e){let s=w(e),n=this.#h.has(s),a=this.#l.get(s);return o`<tr data-place=${s}>
        <td class="box"><input type="checkbox" aria-label="${e.key||"without a key"}, ${e.original}" .checked=${A(this.#s.has(s))} @change=${()=>this.#m(this.#s,s)}></td>
        <td>${y(e.at)}${a?o`<br><span class="quiet">sent again ${g(a)}</span>`:i}</td>
        <td class="why"><code>${e.error}</code><br><span class="quiet">${e.detail}</span></td>
        <th scope="row" class="why">${e.key||"—"}</th>
        <td class="why minor quiet">${e.original}</td>
        <td class="number"><button type="button" aria-expanded=${n} aria-label="Value of ${e.key||e.original}" @click=${()=>this.#m(this.#h,s)}><span aria-hidden="true">${n?"▾":"▸"}</span> Value</button></td>
      </tr>
      ${n?lt(e):i}`}#b(){return o`<dialog aria-labelledby="replay-title">
      <h2 id="replay-title">Send ${p(this.#s.size,"record")} again?</h2>
      <p>They go back on <code>activity-records</code>, byte for byte, oldest first. What still cannot be understood is
        rejected again, in a place of its own; what was counted meanwhile changes nothing. The audit trail has a line of it.</p>
      <div class="buttons">
        <button type="button" @click=${this.#p}>Cancel</button>
        <button type="button" class="main" @click=${this.#w}>Send again</button>
      </div>
    </dialog>`}#y(){this.querySelector("dialog")?.showModal()}#p(){this.querySelector("dialog")?.close()}async#w(){this.#p();let e=this.#t.filter(s=>this.#s.has(w(s)));this.#i=!0,this.#o=null,this.requestUpdate();try{let s=await G(e),n=Date.now();for(let a of e)this.#l.set(w(a),n);this.#s.clear(),this.#o={tone:"good",words:`${p(s,"record")} sent again at ${g(n)}; Kafka has ${s===1?"it":"all of them"}`}}catch(s){this.#o={tone:"bad",words:s.message}}this.#i=!1,this.requestUpdate(),this.dispatchEvent(new CustomEvent("replayed"))}#m(e,s){e.delete(s)||e.add(s),this.requestUpdate()}#k({target:e}){let s=e.checked;this.#s=new Set(s?this.#t.map(w):[]),this.requestUpdate()}#f({target:e}){let{name:s,value:n}=e;this.#n={...this.#n,[s]:n.trim()},clearTimeout(this.#u),this.#u=setTimeout(()=>{U(this.#n),this.#s.clear(),this.#c()},it)}};function lt(t){let e=t.value===null?"It had no value.":t.value===""?"Its value was empty.":null,s=o`<pre tabindex="0" aria-label="Value of ${t.key||t.original}"><code>${t.value}</code></pre>`,n=t.is_cut?o`<p class="quiet">There is more of it; the whole: <code>cairn rejected list --json</code></p>`:i;return o`<tr class="value"><td colspan=${ct}>${e??s}${n}</td></tr>`}customElements.define("rejected-records",j);function W(t,e){let s=t.processes.filter(n=>n.state==="running");return o`<dl class="figures">
    ${dt(t)}
    ${ht(s)}
    ${B(s,"p50")}
    ${B(s,"p99")}
    ${f("Rejected",e===null?"—":l(e),e===null?"Kafka does not say":"kept by Kafka","rejected-figure")}
    ${ut(t)}
    ${pt(t)}
  </dl>`}function f(t,e,s,n="",a=""){return o`<div class=${n}><dt>${t}</dt><dd title=${a}>${e}</dd><dd class="quiet">${s}</dd></div>`}function dt({kafka:t,partitions:e}){if(!t.answers)return f("Lag","—","Kafka does not answer","lag-figure");let s=e.flatMap(h=>h.lag??[]),n=s.reduce((h,k)=>h+k,0),a=s.filter(h=>h>0).length,c=e.length-s.length,d=c?`${p(c,"partition")} unknown`:`${a} of ${e.length} partitions behind`;return f("Lag",o`${l(n)} <small>${n===1?"record":"records"}</small>`,d,"lag-figure",$(String(n)))}function ht(t){if(!t.length)return f("Records per second","—","no process of rollup runs");let e=t.reduce((n,a)=>n+a.records_per_second,0),s=t.length===1?"over the last minute":`last minute, ${t.length} processes`;return f("Records per second",b(e<10?String(Number(e.toPrecision(2))):e.toFixed(0)),s,"rate-figure",$(String(e)))}function B(t,e){let s=`Record to root, ${e}`,n=t.flatMap(h=>h.latency[`${e}_milliseconds`]??[]);if(!n.length)return f(s,"—","no record within a minute",`${e}-figure`);let a=Math.max(...n),c=t.reduce((h,k)=>h+k.latency.records,0),d=n.length===1?`of ${p(c,"record")}`:`the slowest of ${n.length} processes`;return f(s,x(a),d,`${e}-figure`,S(a))}function ut({verification:t,at:e}){if(!t)return f("Verification",r("quiet","○","not yet"),o`<code>cairn verify</code> has not run`);let s=t.difference_count,n=s===null?"differs":p(s,"difference"),a=t.is_clean?r("good","✓","clean"):r("bad","▼",n);return f("Verification",a,q(t.at,e))}function pt({services:t}){let e=t.filter(a=>!a.ready),s=`${t.length-e.length} of ${t.length}`;if(!e.length)return f("Services ready",r("good","✓",s),"all answer","ready-figure");let n=e.length===1?e[0].name:`${e[0].name} and ${e.length-1} more`;return f("Services ready",r("bad","▼",s),n,"ready-figure")}var T=class{#n;#t;#a=!1;#r=-1/0;constructor(e,s){this.#n=e,this.#t=s}start(){setInterval(()=>this.#e(),500),document.addEventListener("visibilitychange",()=>this.#e()),this.#e()}again(){this.#r=-1/0,this.#e()}async#e(){this.#a||document.hidden||!this.#t()||performance.now()-this.#r<5e3||(this.#a=!0,this.#r=performance.now(),await this.#n(),this.#a=!1)}};function H({services:t}){let e=t.map(s=>o`<tr>
      <th scope="row" title=${s.url??""}>${s.name}</th>
      <td>${s.ready?r("good","✓","ready"):r("bad","▼","not ready")}</td>
      <td class="why">${s.reason??i}</td>
      <td class="number" title=${S(s.milliseconds)}>${x(s.milliseconds)}</td>
    </tr>`);return m("Services",o`<table class="plain">
      <thead><tr><th scope="col">Service</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col" class="number">Answered in</th></tr></thead>
      <tbody>${e}</tbody>
    </table>`,{id:"services"})}var mt={running:r("good","●","running"),silent:r("bad","▼","silent"),stopped:r("quiet","■","stopped")};function J({processes:t,at:e}){return t.length?m("Rollup processes",o`<table class="plain">
      <thead><tr>
        <th scope="col">Process</th><th scope="col">State</th><th scope="col" class="minor">Last word</th>
        <th scope="col" class="number minor">Partitions</th><th scope="col" class="number minor"><abbr title="groups of trees that it climbs, of 16">Groups</abbr></th>
        <th scope="col" class="number">Records/s</th><th scope="col" class="number">p50</th><th scope="col" class="number minor">p95</th><th scope="col" class="number">p99</th>
      </tr></thead>
      <tbody>${t.map(s=>ft(s,e))}</tbody>
    </table>`,{id:"processes",remark:"rates and latencies of the last minute"}):m("Rollup processes",o`<p class="nothing">No process has told of itself within the last hour. Start the service rollup, or look at its log.</p>`,{id:"processes"})}function ft(t,e){let{latency:s}=t,n=(a,c="")=>o`<td class="number ${c}" title="${S(a)}, ${l(s.records)} records">${x(a)}</td>`;return o`<tr>
    <th scope="row" title="started ${t.started_at}">${t.name}</th>
    <td>${mt[t.state]}</td>
    <td class="quiet minor" title=${t.seen_at}>${q(t.stopped_at??t.seen_at,e)}</td>
    <td class="number minor" title=${t.partitions.join(", ")}>${t.partitions.length}</td>
    <td class="number minor" title=${t.tree_groups.join(", ")}>${t.tree_groups.length}</td>
    <td class="number" title="since ${t.measured_since}">${l(Number(t.records_per_second.toPrecision(3)))}</td>
    ${n(s.p50_milliseconds)}${n(s.p95_milliseconds,"minor")}${n(s.p99_milliseconds)}
  </tr>`}function Q({partitions:t,processes:e,kafka:s}){let n=new Map(e.map(d=>[d.id,d.name])),a=Math.max(1,...t.map(d=>d.lag??0)),c=s.answers?i:o`<p class="fault" role="alert">${r("bad","▼","Kafka does not say where its topics end:")} ${s.reason}</p>`;return m("Partitions",o`${c}
      <table class="plain">
        <thead><tr>
          <th scope="col">Topic</th><th scope="col" class="number">No.</th><th scope="col" class="number minor">Applied</th><th scope="col" class="number minor">End</th>
          <th scope="col" class="number">Lag</th><th scope="col" class="lag-bar"><span class="unseen">Lag as a bar</span></th><th scope="col">Read by</th>
        </tr></thead>
        <tbody>${t.map((d,h)=>$t(d,{largest:a,names:n,isFirst:d.topic!==t[h-1]?.topic}))}</tbody>
      </table>`,{id:"partitions",remark:"lag: records that are not applied yet"})}function $t(t,{largest:e,names:s,isFirst:n}){let a=t.process_id===null?void 0:s.get(t.process_id);return o`<tr>
    <th scope="row" class="why"><span class=${n?"":"unseen"}>${t.topic}</span></th>
    <td class="number">${t.partition}</td>
    <td class="number minor">${Y(t.applied_offset)}</td>
    <td class="number minor">${Y(t.end_offset)}</td>
    <td class="number lag" title=${$(t.lag===null?null:String(t.lag))}>${l(t.lag)}</td>
    <td class="lag-bar">${t.lag===null?i:gt(t.lag/e)}</td>
    <td class=${t.reason?"why":"quiet"}>${t.reason??a??"—"}</td>
  </tr>`}function Y(t){return t===null?"—":$(String(t))}function gt(t){return o`<svg height="8" aria-hidden="true">${I`<rect class="track" width="100%" height="8"></rect>
    <rect class="actual" width="${(t*100).toFixed(2)}%" height="8"></rect>`}</svg>`}function X({outbox:t}){let e=[{name:"Definitions to announce",number:t.definitions,who:"goals",since:t.oldest_definition_at},{name:"Changes of goals to announce",number:t.announcements,who:"rollup",since:null},{name:"Deltas that have not climbed",number:t.deltas,who:"rollup",since:null}];return m("Outbox",o`<table class="plain">
      <thead><tr><th scope="col">Waits</th><th scope="col">In</th><th scope="col" class="number">How many</th></tr></thead>
      <tbody>${e.map(({name:s,number:n,who:a,since:c})=>o`<tr>
          <th scope="row">${s}${c?o`<span class="quiet">, since ${y(c)}</span>`:i}</th>
          <td class="quiet">${a}</td><td class="number">${l(n)}</td>
        </tr>`)}</tbody>
    </table>`,{id:"outbox"})}var bt={goals_changed:"Goals changed",recalculation:"Recalculation",records_changed:"Records changed that others depend on",time_passed:"A day began"},Z={waiting:r("quiet","○","waiting"),queued:r("quiet","○","waiting"),reading:r("good","●","reading"),comparing:r("good","◔","comparing"),ending:r("good","◔","ending")};function tt({rederivations:t,recalculations:e}){let s=new Set(e.map(c=>c.id)),n=[...e.map(yt),...t.filter(c=>!s.has(c.recalculation_id??"")).map(wt)],a=n.length?o`<table class="plain">
        <thead><tr><th scope="col">Why</th><th scope="col">Goals</th><th scope="col">State</th><th scope="col">Records read</th><th scope="col" class="minor">Since</th></tr></thead>
        <tbody>${n.map(kt)}</tbody>
      </table>`:o`<p class="nothing">${r("good","✓","Nothing is being re-derived.")}</p>`;return m("Re-derivations",a,{id:"jobs",remark:n.length>=100?"the oldest hundred":i})}function yt(t){return{name:t.asked_by?`Recalculation, asked by ${t.asked_by}`:"Recalculation",goals:t.goal_id===null?"—":R(t.goal_id),state:Z[t.status],read:t.records_read,expected:t.records_expected,since:t.asked_at}}function wt(t){let[e]=t.goal_ids,s=t.goals-1;return{name:bt[t.reason],goals:e===void 0?"—":o`${R(e)}${s>0?` and ${l(s)} more`:i}`,state:Z[t.state],read:t.records_read,expected:t.records_expected,since:t.queued_at}}function kt({name:t,goals:e,state:s,read:n,expected:a,since:c}){let d=a===null?l(n):`${l(n)} of about ${l(a)}`,h=o`<progress max=${Math.max(a??0,n,1)} .value=${n} aria-label="${t}: ${d} records read"></progress>`;return o`<tr>
    <th scope="row" class="why">${t}</th>
    <td class="why">${e}</td>
    <td>${s}</td>
    <td class="progress">${a===null?i:h}<span>${d}</span></td>
    <td class="why quiet minor">${y(c)}</td>
  </tr>`}function et({goals:t}){let e=t.oldest_computing_since,s=[[r("good","●","current"),t.current,i],[r(t.computing?"warn":"quiet","◔","computing"),t.computing,e?o`<span class="quiet">the oldest since ${y(e)}</span>`:i],[r(t.failed?"bad":"quiet","▼","failed"),t.failed,i],[r("quiet","■","frozen"),t.frozen,o`<span class="quiet">closed or discarded</span>`]];return m("Goals",o`<table class="plain">
      <thead><tr><th scope="col">State</th><th scope="col"><span class="unseen">Remark</span></th><th scope="col" class="number">Goals</th></tr></thead>
      <tbody>${s.map(([n,a,c])=>o`<tr><th scope="row">${n}</th><td class="why">${c}</td><td class="number">${l(a)}</td></tr>`)}</tbody>
    </table>`,{id:"by-state",remark:o`those that you may read, <a href="/">in the tree</a>`})}function st({verification:t}){if(!t)return m("Verification",o`<p class="nothing">It has not run yet. It recounts every goal from its records: <code>cairn verify</code></p>`,{id:"verification"});let{at:e,by:s,seconds:n,is_clean:a,difference_count:c}=t,d=c===null?"totals differ from records":`${p(c,"difference")} from the records`,h=[["When",y(e)],["By",s],["Took",o`<span title=${$(String(n),"s")}>${b(n.toFixed(1))} s</span>`],["Goals",l(t.goals)],["Checks",l(t.checks)],...t.computing?[["Still computing",l(t.computing)]]:[]];return m("Verification",o`<p class="verdict">${a?r("good","✓","clean: totals are what the records give"):r("bad","▼",d)}</p>
      <dl class="facts">${h.map(([k,ot])=>o`<div><dt>${k}</dt><dd>${ot}</dd></div>`)}</dl>
      ${t.differences.length?vt(t):i}`,{id:"verification"})}function vt({differences:t,difference_count:e}){let s=t.map(n=>o`<tr>
      <th scope="row" class="why">${R(n.goal_id)}</th>
      <td class="why" title="check: ${n.check}">${n.field}</td>
      <td class="number">${n.should_be}</td><td class="number">${n.found}</td><td class="number">${n.off_by}</td>
    </tr>`);return o`<table class="plain">
      <thead><tr><th scope="col">Goal</th><th scope="col">Field</th><th scope="col" class="number">Should be</th><th scope="col" class="number">Found</th><th scope="col" class="number">Off by</th></tr></thead>
      <tbody>${s}</tbody>
    </table>
    ${e!==null&&e>t.length?o`<p class="quiet">The first ${t.length} of ${l(e)} are shown.</p>`:i}`}var N=class extends _{#n=null;#t=null;#a=null;#r=null;#e=null;#i=new T(()=>this.#h(),()=>!this.#n?.isPaused&&!this.#s);listenTo(e){this.#n=e,document.getElementById("pause")?.addEventListener("click",()=>this.requestUpdate()),this.#i.start()}get isReady(){return this.#t!==null||this.#e!==null}get#s(){return this.#e instanceof E&&this.#e.status===403}async#h(){try{this.#t=await v("/v1/operations"),this.#a=await xt(),this.#r=Date.now(),this.#l(null)}catch(e){this.#l(e)}}#l(e){this.#e===null!=(e===null)&&St(e?`Operations: ${e.message}`:"Operations: up to date"),this.#e=e,this.requestUpdate()}render(){return o`<div class="head"><h1>Operations</h1>${this.#s?i:this.#o()}</div>
      ${this.#s?this.#u():this.#t?this.#c(this.#t):i}`}#o(){let e=this.#r;if(this.#e){let a=e===null?"No answer yet":`Stale since ${g(e)}`;return o`<p class="as-of fault">${r("bad","◌",`${a}, trying again:`)} ${this.#e.message}</p>`}let s=o`<time datetime=${this.#t?.at??""} title=${this.#t?.at??""}>${g(e??Date.now())}</time>`,n=this.#n?.isPaused;return o`<p class="as-of">${n?r("quiet","❚❚","Paused,"):r("good","●","")} as of ${s}${n?i:", asked every 5 s"}</p>`}#u(){return o`<section class="notice" id="right-missing">
      <h2>You may not see operations</h2>
      <p>This screen needs the right <code>manage_organization</code>.</p>
      <p>${this.#e?.message}</p>
      <p><button type="button" @click=${()=>this.#d()}>Try again</button></p>
    </section>`}#d(){this.#e=null,this.#i.again()}#c(e){return o`<div class="picture ${this.#e?"is-stale":""}">
      ${W(e,this.#a?.records??null)}
      <div class="columns">
        <div>${H(e)} ${J(e)} ${tt(e)} ${et(e)} ${st(e)}</div>
        <div>${Q(e)} ${X(e)}</div>
      </div>
      <rejected-records .end=${this.#a?.end??null} @replayed=${()=>this.#i.again()}></rejected-records>
    </div>`}};async function xt(){try{let{kept:t}=await v("/v1/rejected?limit=1");return{records:t.reduce((e,s)=>e+s.records,0),end:t.reduce((e,s)=>e+s.end_offset,0)}}catch(t){if(t instanceof E&&t.status===503)return null;throw t}}function St(t){let e=document.getElementById("announcements");e&&(e.textContent=t)}customElements.define("operations-view",N);var nt=new L,_t=document.querySelector("operations-view");nt.start();_t.listenTo(nt);
