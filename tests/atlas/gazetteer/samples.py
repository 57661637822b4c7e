"""Small files in the exact formats that GeoNames, Wikipedia and Wikidata publish."""

# ruff: noqa: E501

import gzip
import zipfile
from pathlib import Path

GEONAMES = (
    "2988507\tTour Eiffel\tTour Eiffel\tEiffel Tower,Eiffelturm,艾菲尔铁塔\t48.85840\t2.29448\tS\tMNMT\tFR\t\t11\t75\t751\t75056\t0\t\t40"
    "\tEurope/Paris\t2023-01-01\n"
    "3040051\tles Escaldes\tles Escaldes\tEscaldes,Escaldes-Engordany\t42.50729\t1.53414\tP\tPPLA\tAD\t\t08\t\t\t\t15853\t\t1033"
    "\tEurope/Andorra\t2008-10-15\n"
    "3936456\tPlaza de Armas\tPlaza de Armas\t\t-13.51668\t-71.97878\tS\tSQR\tPE\t\t08\t\t\t\t0\t\t3399\tAmerica/Lima\t2012-01-18\n"
    "3936457\tPlaza de Armas\tPlaza de Armas\t\t-12.04596\t-77.03054\tS\tSQR\tPE\t\t15\t\t\t\t0\t\t160\tAmerica/Lima\t2012-01-18\n"
)
NAMES = (
    "1284819\t2988507\tru\tЭйфелева башня\t1\t\t\t\t\t\n"
    "1284820\t2988507\tlink\thttps://en.wikipedia.org/wiki/Eiffel_Tower\t\t\t\t\t\t\n"
    "1284821\t2988507\twkdt\tQ243\t\t\t\t\t\t\n"
    "1284822\t2988507\tfr\tTour de trois cents mètres\t\t\t\t1\t\t\n"
)
GEO_TAGS = """-- MySQL dump 10.19
DROP TABLE IF EXISTS `geo_tags`;
CREATE TABLE `geo_tags` (
  `gt_id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `gt_page_id` int(10) unsigned NOT NULL,
  `gt_globe` varbinary(32) NOT NULL,
  `gt_primary` tinyint(1) NOT NULL,
  `gt_lat` decimal(11,8) DEFAULT NULL,
  `gt_lon` decimal(11,8) DEFAULT NULL,
  `gt_dim` int(11) DEFAULT NULL,
  `gt_type` varbinary(32) DEFAULT NULL,
  `gt_name` varbinary(255) DEFAULT NULL,
  `gt_country` binary(2) DEFAULT NULL,
  `gt_region` varbinary(3) DEFAULT NULL,
  `gt_lat_int` smallint(6) DEFAULT NULL,
  `gt_lon_int` smallint(6) DEFAULT NULL,
  PRIMARY KEY (`gt_id`)
) ENGINE=InnoDB;
INSERT INTO `geo_tags` VALUES (1,9232,'earth',1,48.85830000,2.29450000,1000,'landmark',NULL,'FR','75',489,23),\
(2,77,'moon',1,26.13000000,3.63000000,1000,NULL,NULL,NULL,NULL,NULL,NULL),(3,9232,'earth',0,1.00000000,2.00000000,1000,NULL,\
'O\\'Brien (x), y',NULL,NULL,10,20),(4,500,'earth',1,51.50080000,-0.14190000,1000,'landmark',NULL,'GB','LND',515,-1);
"""
PAGE = """CREATE TABLE `page` (
  `page_id` int(8) unsigned NOT NULL AUTO_INCREMENT,
  `page_namespace` int(11) NOT NULL DEFAULT 0,
  `page_title` varbinary(255) NOT NULL DEFAULT '',
  `page_is_redirect` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_is_new` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_random` double unsigned NOT NULL DEFAULT 0,
  PRIMARY KEY (`page_id`)
) ENGINE=InnoDB;
INSERT INTO `page` VALUES (9232,0,'Eiffel_Tower',0,0,0.33),(500,0,'Queen\\'s_Gallery_(London)',0,0,0.7),(77,0,'Hadley',0,0,0.1),\
(9233,1,'Eiffel_Tower',0,0,0.2);
"""
WIKIDATA = (
    "primary_name,enwiki_title,alternative_names,country_code,wikidata_classes,latitude,longitude,population\n"
    'Brandenburg Gate,Brandenburg Gate,"Brandenburger Tor|Porte de Brandebourg",DE,city gate|monument,52.51627,13.37770,\n'
    "Pankow,Pankow,,DE,borough of Berlin,52.56926,13.40119,409335\n"
)


def geonames_zip(folder: Path) -> Path:
    """``allCountries.zip`` as it is downloaded, its readme beside it."""
    path = folder / "allCountries.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x" * 10_000)
        archive.writestr("allCountries.txt", GEONAMES)
    return path


def names_zip(folder: Path) -> Path:
    """``alternateNamesV2.zip``."""
    path = folder / "alternateNamesV2.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("alternateNamesV2.txt", NAMES)
    return path


def wikipedia_dumps(folder: Path) -> Path:
    """The two dumps of a small Wikipedia; the path of the one with positions."""
    (folder / "testwiki-latest-page.sql.gz").write_bytes(gzip.compress(PAGE.encode()))
    path = folder / "testwiki-latest-geo_tags.sql.gz"
    path.write_bytes(gzip.compress(GEO_TAGS.encode()))
    return path


def wikidata_csv(folder: Path) -> Path:
    """The Wikidata gazetteer."""
    path = folder / "wikidata.csv"
    path.write_text(WIKIDATA, encoding="utf-8")
    return path
