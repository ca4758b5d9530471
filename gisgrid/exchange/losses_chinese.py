"""What a format could not keep, in Chinese: for texts that lie in a file in both languages.

The pages have the same from their catalogue; a test holds the two together.
"""

CHINESE: dict[str, str] = {
    "name_short": "%(column)s 在文件中名为 %(short)s；完整名称见 fields.csv。",
    "text_cut": "%(column)s：%(count)s 个超过 %(limit)s 字节的文本被截短；全文见 not_kept.csv。",
    "text_control": "%(column)s：%(count)s 行中文件无法保存的控制字符已换成空格。",
    "text_edges": "%(column)s：%(count)s 个文本末尾的空格丢失。",
    "text_empty": "%(column)s：%(count)s 个空文本与“无文本”无法区分。",
    "date_time": "%(column)s：时刻以 UTC 文本保存，如 2026-11-22T01:30:00Z；日期字段不能保存时间。",
    "date_midnight": "%(column)s：此格式没有日期类型，日期存为当日零点。",
    "date_early": "%(column)s：%(count)s 个日期早于 1900 年 3 月，表格没有这样的日期，以文本保存。",
    "truth": "%(column)s：是为 1，否为 0。",
    "number_empty": "%(column)s：%(count)s 行没有数值；有的程序会显示为 0。",
    "number_text": "%(column)s：超过 15 位的整数以文本保存，因为程序会把它们取整。",
    "number_exponent": "%(column)s：%(count)s 个数值以指数形式写出。",
    "number_not_finite": "%(column)s：%(count)s 个非数值留空。",
    "parts": "数据分成 %(count)s 个文件，每个小于 2 GB。",
    "no_shapes": "此格式无法保存多边形，已略去。",
    "digits": "坐标保留七位小数，约一厘米。",
}
"""Rule -> sentence; see losses.RULES."""
