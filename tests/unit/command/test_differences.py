from jobs.command.differences import differences


def test_differences_show_what_changed_and_where():
    before = "第一条 总则\r\n近日,他说:好\n第三条"
    after = "第一条 总则\n近日，他说：好\n第三条"
    found = list(differences(before, after))
    assert {line for line, _ in found} == {1}
    assert any("近日[-,-]{+，+}他说" in piece for _, piece in found)
    assert any("[-␍-]" in piece for _, piece in found)


def test_equal_texts_have_no_differences():
    assert list(differences("正文\n", "正文\n")) == []
