"""Words from which the demo's people, addresses and cases are invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gisgrid.columns import Objects

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰春梅建国红梅志文海燕小玲鹏飞荣生成林秋菊国栋永福德"
    "明彩霞淑珍俊峰银花世昌占军金莲维民宝山翠萍全喜登科应龙双喜正祥怀仁满仓来顺进财耀宗学义"
)

CATEGORIES: dict[str, tuple[float, int, tuple[str, ...]]] = {
    "医疗": (0.2, 7, ("慢性病药品配送", "预约上门体检", "申请家庭医生签约")),
    "维修": (0.16, 14, ("屋顶漏雨", "围墙开裂", "危房鉴定申请")),
    "取暖": (0.14, 5, ("炉子需要检修", "取暖煤未到", "烟道堵塞")),
    "供水": (0.12, 7, ("自来水压力不足", "水管冻裂", "水窖需要清理")),
    "道路": (0.1, 30, ("入户道路塌方", "路灯不亮", "排水沟堵塞")),
    "养老": (0.12, 20, ("养老金资格认证", "高龄补贴申请", "社保卡补办")),
    "入学": (0.08, 20, ("校车站点申请", "助学金申请", "转学手续咨询")),
    "其他": (0.08, 14, ("手机使用帮助", "政策咨询", "邻里用水协商")),
}
"""category -> share of the cases, days until due, titles."""


def people(rng: np.random.Generator, count: int) -> Objects:
    """Invented names: common surnames first, one or two characters after them."""
    rank = rng.zipf(1.25, count)
    first = np.array(list(_SURNAMES), dtype=object)[(rank - 1) % len(_SURNAMES)]
    given = np.array(list(_GIVEN), dtype=object)
    second = np.append(given, "")[
        rng.integers(0, len(given) + len(given) // 4, count) % (len(given) + 1)
    ]
    found: Objects = first + given[rng.integers(0, len(given), count)] + second
    return found
