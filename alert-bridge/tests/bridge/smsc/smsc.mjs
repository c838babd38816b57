// An SMSC of npm's smpp: takes bridge/secret, and prints a JSON line for each thing that it hears. What it does with
// a message stands in the text: THROTTLE (once), DROP (once, before the answer), EARLY (the receipt before the answer),
// SILENT (once); else it answers and sends a receipt.
import smpp from "smpp";

const say = (event) => console.log(JSON.stringify(event));
const done = new Set();
let last = 0;
let bound;

/** Whether this is the first part with this word. */
function once(word, text) {
  if (!text.includes(word) || done.has(word)) return false;
  done.add(word);
  return true;
}

function receipt(session, pdu, id) {
  session.deliver_sm({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2603011245 done date:2603011246 stat:DELIVRD err:000 text:`,
  });
}

function submit(session, pdu) {
  const text = pdu.short_message.message;
  const id = (++last).toString(16).toUpperCase();
  if (once("THROTTLE", text)) {
    say({ throttled: text });
    return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
  }
  say({
    text, to: pdu.destination_addr, from: pdu.source_addr, ton: pdu.dest_addr_ton, esm_class: pdu.esm_class,
    data_coding: pdu.data_coding, registered_delivery: pdu.registered_delivery,
    udh: pdu.short_message.udh ? pdu.short_message.udh.map((one) => one.toString("hex")) : null,
  });
  if (once("DROP", text)) return session.socket.destroy();
  if (once("SILENT", text)) return;
  if (text.includes("EARLY")) receipt(session, pdu, id);
  session.send(pdu.response({ message_id: id }));
  if (!text.includes("EARLY") && !text.includes("NEVER")) receipt(session, pdu, id);
}

const server = smpp.createServer((session) => {
  session.on("bind_transceiver", (pdu) => {
    const known = pdu.system_id === "bridge" && pdu.password === "secret";
    session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RBINDFAIL }));
    if (!known) return session.close();
    bound = session;
    say({ bound: pdu.interface_version });
  });
  session.on("submit_sm", (pdu) => submit(session, pdu));
  session.on("enquire_link", (pdu) => {
    say({ enquired: true });
    session.send(pdu.response());
  });
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on("deliver_sm_resp", (pdu) => say({ taken: pdu.command_status }));
  session.on("error", () => {});
});

server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));

// A line of input is a message from the phone.
process.stdin.on("data", (line) => {
  bound.deliver_sm({
    source_addr: "8613800000000", source_addr_ton: 1, destination_addr: "8610000000",
    short_message: line.toString().trim(),
  });
});
