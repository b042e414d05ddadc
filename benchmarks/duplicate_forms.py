"""What the invented cases of benchmarks/duplicate_cases.py are filled into: titles, sentences, forms, and what sites print around."""

TITLES = {
    "en": [
        "{name} receives the {c} award for {a}",
        "New {b} of {a} found by scientists of the institute",
        "How {a} changes the {e}",
        "Institute opens a centre for {a}",
        "Researchers explain {a}",
        "{f} {a}",
    ],
    "zh": [
        "{a}研究取得重要进展",
        "科研人员揭示{a}的新机制",
        "{name}团队在{a}方面获{b}奖",
        "{a}工作会议在{c}召开",
        "我所成立{a}研究中心",
        "{f}{a}",
    ],
}  # fmt: skip

FRAMES = {
    "en": [
        "The {a} group of the institute reports on {b} {c} in the {m}/{y} issue of {e}.",
        "In the {a} of {b}, the {c} {e} and its {f} were seen to {n}.",
        "According to {name}, the {a} will be {b} by {y}.",
        "This work was supported by the {a} foundation and the {e} programme under grant {x}.",
        "The results show that {a} {b} rose by {p} percent when {c} and {e} were present.",
        '"We expected the {a}, because the {b} is {c}," said {name}, who leads the {e} group.',
        "The team measured {n} samples of {a} between {y} and 2026 and compared them with {f}.",
        "It was believed until now that {f} under {a} is {b}.",
        "However, {a} has been {b} by {e}, which explains the {c}.",
        "On {d} {month}, a meeting on {f} took place in {c}, and {name} spoke about {a}.",
        "The next step is to bring {f} into {a} and to test {n} of them at {c}.",
    ],
    "zh": [
        "{name}研究员团队在{a}方面取得新进展，揭示了{b}与{c}之间的{e}关系。",
        "据{a}介绍，{b}自{y}年以来开展{n}项{c}，其中{e}占{p}%。",
        "结果表明，{a}的{b}提高了{p}%，{c}有所{e}。",
        "该工作得到{a}基金、{b}专项和{c}计划的支持。",
        "{m}月{d}日，{a}会议在{b}召开，{name}出席并讲话。",
        "相关成果以“{f}”为题发表于《{e}》，{name}为第一作者。",
        "研究人员{a}，并通过{b}验证了{c}的{e}，为{f}提供了依据。",
        "在{a}过程中，{b}十分重要，而{c}则决定{e}。",
        "下一步，{a}将继续推进{b}，加强{c}，完善{e}。",
        "与会代表围绕{a}、{b}、{c}等议题进行了讨论。",
        "{name}表示，{a}要服务{b}，坚持{c}，做好{e}和{f}。",
    ],
}  # fmt: skip

FORMS = {
    "en": [
        (
            "Colloquium: {f}",
            ("The institute invites to a colloquium on {month} {d} at {h}:00. {name} speaks about {f}.\nIt takes place in room {r} of the "
            "main building. Coffee is served half an hour before.\nGuests are welcome and need not register. For questions call "
            "extension {x}."),
        ),
        (
            "Weekly report {w}",
            ("In week {w} all groups of {other} worked according to plan and no accident was reported.\nPublications and patents: {n} papers "
            "were published and {u} applications filed.\nFacilities: the shared platform ran for {r} hours and served {h} users, {p} "
            "percent of the time.\nSafety: the office inspected all laboratories and found no danger; the storage of chemicals is to be "
            "improved in a few cases.\nNext week: the groups continue with the annual plan and submit their documents on time."),
        ),
        (
            "No electricity on {month} {d}",
            "Because of maintenance there will be no electricity in block {block} from {h}:00 on {month} {d}. Please save your work.",
        ),
        (
            "Doctoral defence of {name}",
            ("Candidate: {name}; supervisor: {other}; programme: {c}.\nTitle of the thesis: {f}.\nTime: {month} {d}, {h}:00; place: room "
            "{r}, block {block}.\nThe committee has members from the institute and from outside. The defence is public. Recording is not "
            "allowed. Objections are to be sent to the graduate office three working days before."),
        ),
        (
            "Vacancy: {a} (reference {n})",
            ("The group of {name} has a position in {a}, to be filled from {month} on.\nYou work on {f} with {e} and publish what you find. "
            "You hold a degree in {b}.\nWe offer 30 days of leave, flexible hours and a pension scheme. The institute is an equal "
            "opportunity employer and encourages applications from all qualified persons.\nApplications with reference {n} reach us by "
            "{month} {d} through the portal. Later ones are not considered."),
        ),
        (
            "Air quality in {c}, {month} {d}",
            ("The station of {c} measured on {month} {d}: fine dust {n}, ozone {u}, nitrogen dioxide {h}, sulphur dioxide {w}.\nThe values "
            "are below the limits. Sensitive persons should avoid long exertion in the open air at noon. The next report follows tomorrow."),
        ),
    ],
    "zh": [
        (
            "学术报告：{f}",
            ("应{other}研究员邀请，{name}教授将于{m}月{d}日来所访问，并作题为“{f}”的学术报告。\n报告题目：{f}\n报告人：{name} 教授\n报告时间：{m}月{d}日"
            "{h}:00\n报告地点：{block}座{r}会议室\n欢迎广大科研人员和研究生踊跃参加。请提前十分钟入场，并将手机调至静音状态。联系电话：{x}。"),
        ),
        (
            "科研工作周报（第{w}期）",
            ("本周（第{w}周），{other}各研究室按计划推进科研任务，总体进展顺利，未发生安全事故。\n一、论文与专利：本周共发表论文{n}篇，申请专利{u}项。\n二、大型"
            "仪器运行：本周共享仪器平台累计运行{r}小时，服务用户{h}人次，设备完好率{p}%。\n三、安全检查：对各实验室进行了例行检查，未发现重大隐患。\n四、下周工作"
            "安排：继续按照年度计划推进各项任务，并按时报送有关材料。"),
        ),
        ("关于{m}月{d}日停电的通知", "因线路检修，{block}座将于{m}月{d}日{h}:00起停电，请各部门提前做好准备。"),
        (
            "{name}博士学位论文答辩公告",
            ("答辩人：{name}，指导教师：{other} 研究员，专业：{c}\n论文题目：{f}\n答辩时间：{m}月{d}日{h}:00，地点：{block}座{r}会议室\n答辩委员会由本所及"
            "所外专家组成，答辩过程公开进行，欢迎全所师生旁听。请旁听人员遵守会场纪律，不得录音录像。如有异议，请于答辩前三个工作日内实名反映。"),
        ),
        (
            "{a}项目招标公告（编号{x}{n}）",
            ("我单位就{a}项目进行公开招标，项目编号{x}{n}，预算金额{u}万元。\n投标文件递交截止时间为{m}月{d}日{h}时，地点为办公楼{r}室。\n投标人应具备独立承担民事"
            "责任的能力，具有良好的商业信誉和健全的财务会计制度。本项目不接受联合体投标。逾期送达的投标文件恕不接受。\n联系人：{name}。"),
        ),
        (
            "{c}地区{m}月{d}日空气质量日报",
            ("{m}月{d}日，{c}地区细颗粒物浓度为{n}，臭氧浓度为{u}，二氧化氮浓度为{h}，首要污染物为{b}。\n各项指标均达到国家标准。敏感人群中午应减少户外活动。下期日报"
            "将于明日发布，敬请关注。"),
        ),
    ],
}  # fmt: skip

RESIDUE = {
    "en": [
        "Print this page. Close window.",
        "Source: press office of {c}, {y}-{m}-{d}.",
        "Editor: {name}.",
        "Share this: Facebook Twitter LinkedIn",
        "Read more on the website of the institute.",
        "Copyright {c}. All rights reserved.",
        "Views: {x}",
        "Previous: {f} {a}. Next: {e} {b}",
        "Sign up for our newsletter and never miss a story.",
    ],
    "zh": [
        "打印本页，关闭窗口。",
        "来源：{a} 发布时间：{y}-{m}-{d}",
        "（责任编辑：{name}）",
        "分享到：微信 微博 QQ空间",
        "阅读次数：{x}",
        "版权所有 未经许可不得转载",
        "上一篇：{f} 下一篇：{a}",
        "附件下载：附件1.doc",
        "扫描二维码关注我们的公众号，获取更多信息。",
    ],
}  # fmt: skip

HEADS = {
    "en": ["({month} {d}, {y}) — ", "{c}, {month} {d} (Agency) - ", "From our correspondent {name}. "],
    "zh": ["新华社{b}{m}月{d}日电（记者{name}）", "本网讯（通讯员 {name}）", "（本报记者 {name}）"],
}  # fmt: skip
