from sextant.app.web.reports import Reports, find_reports


def written(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<h1>Figures</h1>")


def names(reports):
    return [name for name, _ in reports.files()]


def test_reports_are_found_where_the_guides_write_them(tmp_path, monkeypatch):
    written(tmp_path, "runs/offline/report.html", "reports/a-b/compare.html", "runs/offline/notes.html")
    written(tmp_path / "home" / "reports", "mine.html")
    monkeypatch.chdir(tmp_path)
    found = names(find_reports(None, str(tmp_path / "home")))
    assert found == ["mine.html", "reports/a-b/compare.html", "runs/offline/report.html"]


def test_a_named_folder_is_shown_whole_and_nothing_else(tmp_path, monkeypatch):
    written(tmp_path, "runs/offline/report.html", "figures/one.html", "figures/two/any.html")
    monkeypatch.chdir(tmp_path)
    assert names(find_reports("figures", None)) == ["one.html", "two/any.html"]


def test_no_folder_is_no_report(tmp_path):
    assert Reports(tmp_path / "none").files() == []


def test_the_same_page_is_listed_once(tmp_path):
    written(tmp_path, "report.html")
    assert len(Reports(tmp_path, (tmp_path,)).files()) == 1
