// What the page says, in English and in Chinese; the browser's language chooses.
"use strict";

const TEXTS = {
  en: {
    alerts: "Alerts", now: "Firing now", history: "History", live: "live", waiting: "connecting", lost: "disconnected",
    search: "Search: host, service, text, @critical, @warn …", calm: "All is well: nothing is firing.",
    nothing: "Nothing found.", noHistory: "No history yet.", nobody: "nobody was told", link: "Open at the source",
    critical: "CRITICAL", warning: "WARNING", unknown: "UNKNOWN", info: "INFO", resolved: "RESOLVED", vanished: "CLOSED",
    queued: "waiting", sending: "sending", accepted: "sent", delivered: "delivered", failed: "failed", in_doubt: "in doubt",
    area: "Area", everywhere: "All areas", infrastructure: "Infrastructure", network: "Network", xenserver: "XenServer",
    cloudstack: "CloudStack", range: "Time range", day: "Last 24 hours", week: "Last 7 days", month: "Last 30 days",
    always: "All time", severity: "Severity", sound: "Sound", notify: "Notifications", older: "Older",
    login: "Log in", logout: "Log out", name: "Name", password: "Password", wrong: "Name or password is wrong.",
    tooMany: "Too many wrong passwords. Try again later.", trouble: "That did not work. Try again.",
    acknowledge: "Acknowledge", acknowledged: "Acknowledged by", comment: "Comment", nobodyNamed: "somebody",
    kinds: { resolved: "Alerts", nagios: "Devices", xenserver: "XenServer", cloudstack: "CloudStack" },
    kind: "Kind of history", ok: "OK",
    happened: {
      state_change: "state", notification: "notification", acknowledgement: "acknowledgement", downtime: "downtime",
      flapping: "flapping", comment: "comment", alarm: "alarm", message: "message", alert: "alert",
    },
    d: "d", h: "h", m: "min", s: "s",
  },
  zh: {
    alerts: "告警", now: "当前告警", history: "历史", live: "实时", waiting: "连接中", lost: "连接断开",
    search: "搜索：主机、服务、内容、@critical、@warn …", calm: "一切正常，当前没有告警。",
    nothing: "没有找到。", noHistory: "暂无历史。", nobody: "未通知任何人", link: "在来源处打开",
    critical: "严重", warning: "警告", unknown: "未知", info: "信息", resolved: "恢复", vanished: "关闭",
    queued: "等待中", sending: "发送中", accepted: "已发送", delivered: "已送达", failed: "失败", in_doubt: "不确定",
    area: "来源", everywhere: "全部来源", infrastructure: "基础设施", network: "网络", xenserver: "XenServer",
    cloudstack: "CloudStack", range: "时间范围", day: "最近 24 小时", week: "最近 7 天", month: "最近 30 天",
    always: "全部时间", severity: "级别", sound: "声音", notify: "通知", older: "更早",
    login: "登录", logout: "退出", name: "用户名", password: "密码", wrong: "用户名或密码错误。",
    tooMany: "密码错误次数过多，请稍后再试。", trouble: "操作失败，请重试。",
    acknowledge: "确认", acknowledged: "已确认：", comment: "备注", nobodyNamed: "某人",
    kinds: { resolved: "告警", nagios: "物理设备", xenserver: "XenServer", cloudstack: "CloudStack" },
    kind: "历史类别", ok: "正常",
    happened: {
      state_change: "状态变化", notification: "通知", acknowledgement: "确认", downtime: "停机计划", flapping: "抖动",
      comment: "备注", alarm: "报警", message: "消息", alert: "告警",
    },
    d: "天", h: "小时", m: "分", s: "秒",
  },
};
const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const text = TEXTS[language];
