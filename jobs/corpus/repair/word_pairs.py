"""Words: which two Han characters beside each other are one.

There is no dictionary here, only the commonest words of two characters in statutes, news and
novels, to distinguish a text that was set character by character from a list of characters.
"""

from __future__ import annotations

from itertools import pairwise

_COMMON = """
规定 机关 应当 管理 人民 主管 事项 其他 申请 部门 人员 行政 政府 或者 有关 机构 委员 工作 单位
办理 使用 民政 相关 以上 下列 不得 国家 服务 规划 安全 办法 执行 保护 处理 建设 代表 组织 计划
业务 文件 教育 条例 可以 标准 法律 进行 技术 登记 设施 以下 及其 法规 环境 事业 依法 经营 法院
资料 会议 社会 个人 负责 中央 监督 提供 许可 证明 实施 按照 活动 企业 发展 工程 行为 学校 情形
设备 方式 国务 保险 项目 关于 中华 华人 民共 审查 大会 区域 需要 资源 设置 施行 报告 提出 范围
地方 作业 土地 根据 信息 交通 研究 案件 公共 指定 期间 公司 程序 建筑 责任 生产 制定 情况 简称
内容 检查 措施 训练 利用 基金 通知 变更 卫生 投资 委托 必要 如下 和国 批准 条件 年度 决定 经济
要求 医疗 常务 开发 编制 适用 调查 地区 城市 预算 产品 设立 维护 场所 意见 违反 从事 建立 核准
制度 保障 会计 共和 金融 农业 专业 计算 系统 职务 检验 期限 费用 资格 审议 所有 具有 财产 确定
发布 包括 数据 团体 各级 发生 取得 影响 设计 协调 重大 同意 公告 采取 劳动 交易 主任 加强 职责
考试 义务 超过 实际 完成 定期 全国 名称 证书 生态 结果 方法 时间 有效 部分 规范 文化 说明 运输
请求 代理 中心 职业 国际 证券 支持 参加 目的 科学 关系 合格 评估 合同 认定 诉讼 控制 权利 审核
受理 开展 公开 财政 自然 防治 原则 履行 问题 综合 动物 指导 不能 处分 修正 生活 学生 辅导 我们
他们 你们 道路 限制 接受 任何 船舶 司法 合作 基本 公布 重要 禁止 特殊 协助 电子 金额 自治 申报
施工 健康 消防 市场 违法 产业 法令 规则 犯罪 权益 材料 银行 给予 共同 方案 资产 制造 保证 资金
促进 航空 能力 必须 检察 统计 政策 监测 分别 外国 旅游 质量 具体 宪法 民法 刑法 法典 目录 第一
附件 前言 序言 后记 中国 北京 上海 新闻 记者 年月 一个 没有 什么 自己 这个 那个 知道 现在 时候
已经 因为 所以 但是 如果 这样 那里 这里 出来 起来 不是 就是 只见 如何 先生 夫人 大人 小姐 太太
今日 明日 天下
"""


def known_pairs(text: str) -> set[str]:
    """Return pairs of Han characters: common words, and all neighbours in `text`."""
    return set(_COMMON.split()) | {a + b for a, b in pairwise(text)}
