import{a as u,b as m,c as p,d as w,e as S,f as _,g as k,h as q,i as h,j as C,k as O}from"./part-SDPKL3XG.js";import"./part-R33GAL3S.js";import{c as T}from"./part-EZESUECI.js";import"./part-6NMLBMLP.js";import{b as f}from"./part-W6XRNIOG.js";import"./part-2E4IE5WG.js";import{b as $,g as v,i as y}from"./part-T7S3ARZQ.js";import{C as b,F as P,a as o,d as n,p as g}from"./part-4R3YFGK4.js";import"./part-MRKGK5YO.js";var c={"1h":"the last hour","24h":"the last 24 hours","7d":"the last 7 days"},z="24h",d=class extends g{#e=null;#t=new f(this.#n,()=>this.requestUpdate());listenTo(t){this.#e=t,this.#t.readNow(),t.onPaint(({ids:e})=>{e.size&&this.#t.soon(),this.requestUpdate()})}get isReady(){return this.#e?.isKnown??!1}get#i(){return new URLSearchParams(location.search)}get#s(){return this.#i.get("since")??z}get#n(){return{since:this.#s}}get#l(){let t=this.#i.get("roots");return t===null?null:t.split(",").filter(Boolean)}render(){let t=this.#e;if(t.goals.size===0)return n;let e=p(t.goals,this.#l),s=e.find(i=>i.goal_id===this.#i.get("goal"))??e[0];return o`${this.#r(e)}
      ${this.#c()}
      <ul class="cards" aria-label="Goals">${T(e,i=>i.goal_id,i=>this.#d(i,i===s,e.length))}</ul>
      ${e.length?n:o`<p class="empty">None of the goals that this address names is there, or you may not read them. Choose others above.</p>`}
      <div class="panels">
        <div class="column">
          ${s?this.#m(s):n}
          <section class="panel" aria-labelledby="reached-title">
            <h2 id="reached-title">Reached</h2>
            <p class="about">Targets that were reached ${this.#o}</p>
            ${this.#t.isKnown?q(S(this.#t.items)):h}
          </section>
        </div>
        <section class="panel" aria-labelledby="attention-title">
          <h2 id="attention-title">Needs attention</h2>
          <p class="about">Behind today's pace, by what is lacking</p>
          ${this.#t.isKnown?k(w(this.#t.items),t.goals):h}
        </section>
      </div>`}get#o(){let t=c[this.#s];return t?`in ${t}`:`since ${this.#t.since?C(this.#t.since):"then"}`}#r(t){return o`<div class="tools" role="group" aria-label="The overview">
      <label>Changes in <select @change=${this.#p}>
        ${Object.entries(c).map(([e,s])=>o`<option value=${e} ?selected=${e===this.#s}>${s}</option>`)}
        ${this.#s in c?n:o`<option value=${this.#s} selected>${this.#o}</option>`}
      </select></label>
      ${this.#h(t)}
      <span class="as-of">${this.#t.asOf?`worked out at ${b(this.#t.asOf)}`:"being worked out"}</span>
    </div>`}#h(t){let{goals:e}=this.#e,s=new Set(t.map(a=>a.goal_id)),i=s.size>=u;return o`<details class="choice">
      <summary>Goals shown: ${s.size}</summary>
      <fieldset>
        <legend>Up to six goals that stand at the top</legend>
        ${m(e).map(a=>o`<label><input type="checkbox" value=${a.goal_id} .checked=${s.has(a.goal_id)}
          ?disabled=${i&&!s.has(a.goal_id)} @change=${this.#g}> ${a.title}</label>`)}
        <button type="button" ?disabled=${this.#l===null} @click=${()=>this.#a({roots:null})}>The largest</button>
      </fieldset>
    </details>`}#c(){let{fault:t}=this.#t;return t?o`<p class="fault" role="alert">Pace, finish and changes could not be read: ${t.message}
      <button type="button" @click=${()=>this.#t.readNow()}>Try again</button></p>`:n}#d(t,e,s){let i=this.#t.get(t.goal_id),{directory:a}=this.#e;return o`<li class="card ${e&&s>1?"chosen":""}" data-goal=${t.goal_id}>
      ${_(t,i,a,this.#u(t,i,e))}
    </li>`}#u(t,e,s){let i=N(e);return o`<button type="button" class="change" aria-pressed=${String(s)} title=${y(i,e?.metric.currency??"")}
      @click=${()=>this.#a({goal:t.goal_id})}>${v(i)} ${this.#o}</button>`}#m(t){return o`<section class="panel moves" aria-labelledby="moves-title">
      <h2 id="moves-title">What moved: ${t.title}</h2>
      ${O(this.#t.get(t.goal_id),this.#t,this.#o)}
    </section>`}#p(t){let{value:e}=t.target;this.#a({since:e===z?null:e}),this.#t.ask(this.#n)}#g(){let t=[...this.querySelectorAll(".choice input:checked")].map(e=>e.value);this.#a({roots:t.join(",")})}#a(t){let e=this.#i;for(let[i,a]of Object.entries(t))a===null?e.delete(i):e.set(i,a);let s=e.toString().replaceAll("%2C",",");history.replaceState(null,"",location.pathname+(s&&`?${s}`)),this.requestUpdate()}};function N(l){return!l||l.values.actual===null?null:$(l.values.actual,l.earlier?.values.actual??"0")}customElements.define("live-overview",d);var r=new P,A=document.querySelector("live-overview"),x=document.querySelector("#empty");A.listenTo(r);r.onPaint(()=>{x.hidden=r.goals.size>0,A.hidden=r.goals.size===0});r.start();
