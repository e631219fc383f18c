"""Words every subject shares: people, places, verbs, states, numbers.

Places and people are invented by joining parts, any likeness to a real one is accidental. No list
is longer than the 256 that one byte can choose from; what needs more variety is put together
from two slots.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志宏海燕春梅晓东文博思远雨桐子涵一鸣"
    "俊峰立新佳怡长庚凤琴培元德胜秀云光耀景行若水望舒启航润泽嘉禾锦程书瑶"
)
GIVEN = tuple(a + b for a in _GIVEN for b in _GIVEN[::9] if a != b)[:256]

PLACE_HEADS = tuple(
    "临永安清怀崇嘉宁昌兴丰泰德武襄龙凤青白沧云远石沙金玉平和延靖雁桐松梅兰霞曲望双大"
)
_PLACE_TAILS = "阳江州川源陵城山水泉湖原溪林坪岭河桥浦沟塘塬湾口岗洲谷坝"
CITY_TAILS = tuple(tail + rank for tail in _PLACE_TAILS for rank in "市县区")
TOWN_TAILS = tuple(
    tail + rank for tail in _PLACE_TAILS for rank in ("镇", "乡", "村", "街道", "社区", "开发区")
)

VERBS = _words(
    """
        推进 加强 做好 抓好 完善 规范 深化 加快 启动 部署 落实 强化 优化 改进 统筹 支持 扩大 细化
        压实 巩固 提升 试行 探索 建立 健全 鼓励 引导 督促 指导 组织 开展 实施 谋划 推广 保障 夯实
        聚焦 拓展 理顺 筑牢 打造 补齐 激活 盘活 论证 公示 核查 清理 整合 推动 倒排 承接 培育 充实
        跟踪 衔接 疏通 调整 简化 前移 下沉 复核 摸清 接续 铺开 牵头 重启 完成 验收 通报 评议 破解
    """
)
ADVERBS = _words(
    """
        稳步 全面 切实 持续 有序 扎实 积极 依法 科学 分类 分批 重点 同步 主动 逐项 深入 着力 大力
        及时 严格 认真 集中 因地制宜 循序渐进 按期 合力 统一 从严 从快 逐级 按季度 分片区 常态化
        率先 继续 联合 重新 全力 提前 审慎
    """
)
SCOPES = _words(
    """
        城乡 全域 基层 重点区域 老旧小区 偏远乡镇 沿江 山区 新区 县域 跨区域 全流程 年度 季度
        中长期 试点 示范 专项 配套 公益性 普惠性 社会化 数字化 网格化 标准化 常态化 第三方 一体化
        精细化 移民安置区 革命老区 中心城区 产业园区 城郊 行业 分级 分类 应急 后续 一期 二期 片区
        流域 民族乡 边远 联合 跨部门 库区 集镇 对口
    """
)
ACTS = _words(
    """
        建设 改造 管理 监测 评估 服务 整治 规划 试点 培训 排查 考核 督查 宣传 保护 维护 更新 扩容
        审批 供给 运营 修复 招标 验收 调度 普查 监管 登记 补贴 帮扶 研判 储备 升级 衔接 推广 核定
        抽检 治理 申报 评审 备案 巡查 养护 移交 测算 招引 提标 联动 示范 托管 核算 攻坚 公示 回访
        摸底 清查 协作 布局 立项 转型
    """
)
ASPECTS = _words(
    """
        机制 体系 能力 水平 效率 质量 台账 制度 标准 流程 方案 队伍 经费 平台 秩序 环境 格局 结构
        基础 进度 覆盖面 满意度 达标率 短板 责任链条 成本 名录 档案 时限 清单 预案 力度 规模 周期
        口径 职责 风险 接口 权限 诉求
    """
)
STATES = _words(
    """
        明显提高 稳步提升 基本到位 逐步理顺 得到改善 趋于完善 初见成效 更加清晰 日益规范 有了着落
        同比好转 走在前列 持续向好 仍待加强 出现松动 尚存差距 不断优化 保持平稳 大幅缩短 明显下降
        进一步压实 实现闭环 有据可查 落到人头 超出预期 符合要求 亟待补齐 整体可控 迈上台阶
        重新核定 全部对接 按月公开 群众认可 起步较晚 后劲不足 由点及面 前后贯通 步入正轨 难以兼顾
        显著增强
    """
)
PERIODS = _words(
    """
        今年以来 上半年 第三季度 去年年底 近三年 入春以来 汛期前后 截至目前 过去五年 前十个月
        年初至今 春节前后 本月中旬 最近一个月 入冬之后 过去两年 改革启动后 试点期间 第一阶段 暑期
        开年首月 十年间 国庆假期 年内 前不久 上一轮整改中 岁末年初 近日 这几年 上周
    """
)
LOCALS = _words(
    """
        全市 当地 该市 各县区 辖区 各乡镇 有关部门 市直单位 各街道 基层站所 沿线村庄 牵头单位
        责任部门 主管部门 试点地区 园区管委会 各承办单位 属地政府 相关企业 行业协会 社区居委会
        驻地单位 专班成员 工作组
    """
)
ROLES = _words(
    """
        主任 副主任 局长 副局长 科长 负责人 工程师 研究员 教授 站长 项目经理 村支书 秘书长
        总工程师 志愿者 网格员 退休干部 居民 业主代表 企业主 讲解员 技术员 队长 理事长 专家组成员
        调解员
    """
)
SAYINGS = _words(
    """
        说 表示 介绍 坦言 告诉记者 认为 回忆 强调 建议 解释 算了一笔账 感慨 透露 提醒 补充 指出
        评价 在座谈会上说 在电话里说 笑着说
    """
)
BODIES = _words("人民政府 人民政府办公室 政务服务中心 联席会议办公室 领导小组 指挥部")
VIRTUES = _words(
    """
        务实 担当 耐心 远见 定力 韧劲 公平 透明 节俭 创新 诚信 协作 严谨 温度 法治 效率 底线 初心
        匠心 敬畏 平衡 长效 细节 规则 口碑 常识 格局 分寸 积累 信任
    """
)
IMAGES = _words(
    """
        绣花 种树 修渠 下棋 登山 织网 砌墙 行船 熬汤 接力 打井 育苗 拼图 架桥 磨刀 赶路 播种 看病
        搭台 点灯 盖房 引水 编筐 弹琴 赛跑 耕田 补网 守夜 划桨 换挡
    """
)
TRAITS = _words(
    """
        看得见 算得清 留得住 摸得着 跟得上 用得好 管得住 接得稳 传得开 经得起检验 站得住脚 走得远
        落得下 说得明白 靠得住 沉得下去 有人问 有人管 有章可循 有始有终
    """
)

COUNTS = tuple(str(n) for n in range(13, 9900, 39))
PERCENTS = tuple(f"{n / 10:.1f}%" for n in range(3, 998, 4))
SUMS = (
    *(f"{n}万元" for n in range(12, 9900, 73)),
    *(f"{n / 100:.2f}亿元" for n in range(102, 9900, 83)),
)
MONTHS = tuple(f"{month}月" for month in range(1, 13))
DATES = tuple(f"{day}日" for day in range(1, 29))
YEARS = tuple(f"{year}年" for year in range(1992, 2024))
SHARES = _words("一成 两成 近三成 三分之一 四成 近半数 一半 六成 三分之二 七成多 八成 九成以上")

_DIGITS = ("", *"一二三四五六七八九")
NUMERALS = tuple(
    ("" if tens == 0 else ("" if tens == 1 else _DIGITS[tens]) + "十") + _DIGITS[units]
    for tens in range(10)
    for units in range(10)
)
"""一 to 九十九 at their own index; the first is empty."""
